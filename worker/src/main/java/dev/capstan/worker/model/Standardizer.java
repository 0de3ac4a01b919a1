package dev.capstan.worker.model;

import dev.capstan.worker.data.Scaling;
import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Standardizes samples on their way to a network, so that whoever asks it gives numbers as they are in tables.
 *
 * @param mean of each number of a sample, in a row
 * @param deviation of each, in a row
 */
public record Standardizer(INDArray mean, INDArray deviation) {
    /** Empty where there is no scaling, which is null. */
    static Optional<Standardizer> of(Scaling scaling) {
        return Optional.ofNullable(scaling).map(each -> new Standardizer(row(each.mean()), row(each.deviation())));
    }

    private static INDArray row(List<Double> values) {
        var floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = values.get(i).floatValue();
        }
        return Nd4j.createFromArray(floats).reshape(1, floats.length);
    }

    /** Samples by rows, standardized; what is given stays as it is. */
    INDArray standardized(INDArray rows) {
        return rows.subRowVector(mean).diviRowVector(deviation);
    }

    /** The reverse. */
    INDArray restored(INDArray rows) {
        return rows.mulRowVector(deviation).addiRowVector(mean);
    }
}
