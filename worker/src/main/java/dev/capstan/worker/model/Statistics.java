package dev.capstan.worker.model;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Where running statistics lie among a network's gradients. */
final class Statistics {
    private Statistics() {}

    /** Views of the row, one for each stretch of it that DL4J doesn't divide by the number of samples. */
    static List<INDArray> of(BaseMultiLayerUpdater<?> updater, INDArray row) {
        var stretches = new ArrayList<long[]>();
        for (var block : updater.getUpdaterBlocks()) {
            for (var part : block.getLayersAndVariablesInBlock()) {
                if (part.getLayer().updaterDivideByMinibatch(part.getParamName())) {
                    continue;
                }
                long from = part.getParamOffsetStart();
                long to = part.getParamOffsetEnd();
                if (!stretches.isEmpty() && stretches.getLast()[1] == from) {
                    stretches.getLast()[1] = to;
                } else {
                    stretches.add(new long[] {from, to});
                }
            }
        }
        return stretches.stream()
                .map(stretch -> row.get(NDArrayIndex.interval(stretch[0], stretch[1])))
                .toList();
    }
}
