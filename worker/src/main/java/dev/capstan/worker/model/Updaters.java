package dev.capstan.worker.model;

import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Training;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.samediff.AbstractSameDiffLayer;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.nd4j.linalg.learning.config.AdaGrad;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.RmsProp;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.learning.regularization.L1Regularization;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.linalg.learning.regularization.WeightDecay;

/** A job's optimizer as DL4J's own. */
final class Updaters {
    private Updaters() {}

    /** The optimizer, its learning rate as at the beginning. */
    static IUpdater of(Optimizer optimizer) {
        return switch (optimizer) {
            case Optimizer.Sgd(var rate) -> new Sgd(rate);
            case Optimizer.Nesterov(var rate, var momentum) -> new Nesterovs(rate, momentum);
            case Optimizer.Adam(var rate, var beta1, var beta2, var epsilon) -> new Adam(rate, beta1, beta2, epsilon);
            case Optimizer.AdamW(var rate, var beta1, var beta2, var epsilon, var decay) ->
                new Adam(rate, beta1, beta2, epsilon);
            case Optimizer.RmsProp(var rate, var decay, var epsilon) -> new RmsProp(rate, decay, epsilon);
            case Optimizer.AdaGrad(var rate, var epsilon) -> new AdaGrad(rate, epsilon);
        };
    }

    /** What is done to the weights besides, but not to biases and to batch normalization's parameters. */
    private static List<Regularization> regularization(Training training) {
        var all = new ArrayList<Regularization>();
        if (training.l1() > 0) {
            all.add(new L1Regularization(training.l1()));
        }
        if (training.l2() > 0) {
            all.add(new L2Regularization(training.l2()));
        }
        // After the update and not in the gradient, times the learning rate of the moment: decoupled.
        if (training.optimizer() instanceof Optimizer.AdamW adamW && adamW.weightDecay() > 0) {
            all.add(new WeightDecay(adamW.weightDecay(), true));
        }
        return all;
    }

    /** Gives a layer, and those that it wraps, the job's optimizer in place of its own; frozen layers have none. */
    static void replace(Layer layer, Training training) {
        switch (layer) {
            case BaseLayer base -> {
                base.setIUpdater(of(training.optimizer()));
                base.setBiasUpdater(null);
                base.setRegularization(decayed(base.getRegularization(), training));
            }
            case AbstractSameDiffLayer own -> {
                own.setUpdater(of(training.optimizer()));
                own.setBiasUpdater(null);
                own.setRegularization(decayed(own.getRegularization(), training));
            }
            case BaseWrapperLayer wrapper -> replace(wrapper.getUnderlying(), training);
            case Bidirectional both -> {
                replace(both.getFwd(), training);
                replace(both.getBwd(), training);
            }
            default -> {}
        }
    }

    /** Weight decay is the optimizer's; all else is the model's own. */
    private static List<Regularization> decayed(List<Regularization> own, Training training) {
        var all = new ArrayList<Regularization>(own == null ? List.of() : own);
        all.removeIf(WeightDecay.class::isInstance);
        all.addAll(regularization(training));
        return all;
    }
}
