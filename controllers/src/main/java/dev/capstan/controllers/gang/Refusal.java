package dev.capstan.controllers.gang;

/** Why a gang has no places yet, the nearest to a start first. */
public enum Refusal {
    /** Its quota allows it, and there would be room if others were gone. */
    NO_ROOM_NOW,
    /** There is room, but in no single domain of the topology that it requires. */
    NO_DOMAIN_NOW,
    /** Others use what its quota allows it. */
    NO_QUOTA_NOW,
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
    NO_FLAVOR
}
