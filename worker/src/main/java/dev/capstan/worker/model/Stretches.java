package dev.capstan.worker.model;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The two things that lie mixed in what DL4J calls a network's gradient.
 *
 * @param slopes views of what is the derivative of the loss, summed over samples
 * @param statistics views of what running means and variances are about to lose
 */
record Stretches(List<INDArray> slopes, List<INDArray> statistics) {
    /** DL4J tells them apart by what it divides by the number of samples. */
    static Stretches of(BaseMultiLayerUpdater<?> updater, INDArray row) {
        return new Stretches(views(updater, row, true), views(updater, row, false));
    }

    private static List<INDArray> views(BaseMultiLayerUpdater<?> updater, INDArray row, boolean divided) {
        var stretches = new ArrayList<long[]>();
        for (var block : updater.getUpdaterBlocks()) {
            for (var part : block.getLayersAndVariablesInBlock()) {
                if (part.getLayer().updaterDivideByMinibatch(part.getParamName()) != divided) {
                    continue;
                }
                long from = part.getParamOffsetStart();
                long to = part.getParamOffsetEnd();
                if (!stretches.isEmpty() && stretches.getLast()[1] == from) {
                    stretches.getLast()[1] = to;
                } else if (to > from) {
                    stretches.add(new long[] {from, to});
                }
            }
        }
        return stretches.stream()
                .map(stretch -> row.get(NDArrayIndex.interval(stretch[0], stretch[1])))
                .toList();
    }
}
