package dev.capstan.controllers.admission.queue;

/** Why a gang has no places yet, the nearest to a start first. */
public enum PendingReason {
    /** Its quota allows it, and there would be room if others were gone. */
    NO_ROOM_NOW,
    /** There is room, but in no single domain of the topology that it requires. */
    NO_DOMAIN_NOW,
    /** Others use what its quota allows it. */
    NO_QUOTA_NOW,
    /** So many others ask for different things that there was no memory yet to look for room for it. */
    NOT_LOOKED_AT,
    /** Its quota admits nothing at the moment because an admin stopped it. */
    QUOTA_STOPPED,
    /** Its quota contradicts another one. */
    QUOTA_CONFLICT,
    /** No domain would have room if it were empty. */
    NO_DOMAIN_EVER,
    /** Even empty nodes have no room for it. */
    NO_ROOM_EVER,
    /** It is more than its quota could ever use. */
    NO_QUOTA_EVER,
    /** No flavor of its quota lists the devices that it asks for. */
    NO_FLAVOR;

    /** Whether it is of what nodes have, and not of the quota alone. */
    public boolean isOfNodes() {
        return switch (this) {
            case NO_ROOM_NOW, NO_DOMAIN_NOW, NOT_LOOKED_AT, NO_DOMAIN_EVER, NO_ROOM_EVER -> true;
            case NO_QUOTA_NOW, QUOTA_STOPPED, QUOTA_CONFLICT, NO_QUOTA_EVER, NO_FLAVOR -> false;
        };
    }
}
