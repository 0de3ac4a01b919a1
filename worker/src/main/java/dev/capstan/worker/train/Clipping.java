package dev.capstan.worker.train;

import dev.capstan.protocol.Training;
import dev.capstan.worker.model.Network;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Bounds the mean gradient of the whole batch. It has to be done after the gradients of all ranks were added up: DL4J's
 * own clipping would do it layer by layer.
 */
final class Clipping {
    private Clipping() {}

    /**
     * @param network whose gradient is a sum over samples
     * @param bound null for none
     */
    static void clip(Network network, Training.Clipping bound, int samples) {
        if (bound == null) {
            return;
        }
        if (bound.maxNorm() > 0) {
            double norm = norm(network) / samples;
            if (norm > bound.maxNorm()) {
                network.slopes().forEach(each -> each.muli(bound.maxNorm() / norm));
            }
        } else {
            network.slopes().forEach(each -> clip(each, bound.maxValue() * samples));
        }
    }

    private static double norm(Network network) {
        double squares = 0;
        for (var each : network.slopes()) {
            double norm = each.norm2Number().doubleValue();
            squares += norm * norm;
        }
        return Math.sqrt(squares);
    }

    private static void clip(INDArray values, double largest) {
        Nd4j.getExecutioner()
                .exec(DynamicCustomOp.builder("clipbyvalue")
                        .addInputs(values)
                        .callInplace(true)
                        .addFloatingPointArguments(-largest, largest)
                        .build());
    }
}
