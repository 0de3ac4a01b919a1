package dev.capstan.worker;

import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Work;
import java.util.Map;

/** What a rank of a gang does, once it has a session: one for each kind of work. */
interface Role {
    /** The role for the work of the session's job. */
    static Role of(GangSession session, Map<String, String> environment) {
        return switch (session.job().work()) {
            case Work.Train train -> new TrainRole(session, train, environment);
            case Work.Compress compress -> new CompressRole(session, compress, environment);
        };
    }

    /**
     * Does all of it.
     *
     * @return how it ended, if well
     * @throws dev.capstan.worker.outcome.Failure if not
     */
    Outcome play();

    /** Whether ranks that are lost can be replaced while it goes on, where somebody tells who is in the gang. */
    default boolean outlivesLosses() {
        return false;
    }

    /** By what the work would take less memory, such as {@code make batchSize smaller}; empty if by nothing it says. */
    String lessMemory();

    /** What a rank that was asked to stop has waited for in vain, as the end of a sentence. */
    String notDone();
}
