package dev.capstan.controllers.admission.capacity;

import dev.capstan.controllers.admission.cluster.Grant;

/** A grant, and what of it takes room now. */
public final class GrantUsage {
    Grant grant;
    SeatUsage[] seats = new SeatUsage[0];
    /** How many of its places take room. */
    int taking;

    GrantUsage(Grant grant) {
        this.grant = grant;
    }

    public Grant grant() {
        return grant;
    }

    /** By pod set; not to be changed by the reader. */
    public SeatUsage[] seats() {
        return seats;
    }

    /** How many of its places take room; 0 when the grant is no more. */
    public int taking() {
        return taking;
    }

    /** Whether any of its places that take room is on one of these rows. */
    public boolean takesAnyOf(boolean[] wanted) {
        for (var some : seats) {
            for (int pod = 0; pod < some.rows.length; pod++) {
                if (some.takesRoom[pod] && wanted[some.rows[pod]]) {
                    return true;
                }
            }
        }
        return false;
    }
}
