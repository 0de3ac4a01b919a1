package dev.capstan.worker;

import dev.capstan.protocol.Work;
import dev.capstan.worker.torch.Computing;
import dev.capstan.worker.torch.Engines;
import dev.capstan.worker.train.TrainingState;
import dev.capstan.worker.train.Watch;

/**
 * What is trained on this rank, by what, and what of it all ranks hold.
 *
 * @param loaded samples and network
 * @param engine what computes
 * @param watch told of every epoch's measure
 * @param state what all ranks hold the same of
 */
record Trainee(Loading loaded, Computing engine, Watch watch, TrainingState state) {
    /** Ready to compute by what was decided. */
    static Trainee of(
            GangSession session,
            Work.Train work,
            Loading loaded,
            TrainingState.Origin origin,
            Engines.Decision decision) {
        var job = session.job();
        var watch = new Watch(work.training().earlyStopping());
        var engine = Engines.ready(loaded.network(), decision);
        session.board().engine(engine.toString());
        session.board().device(engine.device());
        var by = origin.by(engine.name(), engine.threads());
        var state =
                new TrainingState(job.job(), job.peers().size(), by, loaded.network(), watch).in(session.gang()::term);
        return new Trainee(loaded, engine, watch, state);
    }
}
