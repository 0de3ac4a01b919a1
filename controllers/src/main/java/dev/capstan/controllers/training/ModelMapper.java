package dev.capstan.controllers.training;

import dev.capstan.controllers.pods.StoragePaths;
import dev.capstan.crds.EarlierModel;
import dev.capstan.crds.ModelJar;
import dev.capstan.crds.training.BlockLayer;
import dev.capstan.crds.training.ConvolutionLayer;
import dev.capstan.crds.training.Layer;
import dev.capstan.crds.training.Loss;
import dev.capstan.crds.training.LstmLayer;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobFile;
import java.util.Locale;

/** The model of a job, in the worker's terms. */
final class ModelMapper {
    private ModelMapper() {}

    static JobFile.Model of(TrainingJob job) {
        var model = job.getSpec().getModel();
        var jar = jar(model.getJar());
        if (model.getTorchScript() != null) {
            var file = model.getTorchScript();
            return new JobFile.Model(null, null, null, null, StoragePaths.of(file.getUri(), file.getS3()));
        }
        if (model.getDl4j() != null) {
            return new JobFile.Model(null, Contract.MODEL_FILE, null, jar);
        }
        if (model.getFrom() != null) {
            return new JobFile.Model(null, null, from(job, model.getFrom()), jar);
        }
        return new JobFile.Model(
                model.getLayers().stream().map(ModelMapper::layer).toList(), null, null, jar);
    }

    private static JobFile.Place jar(ModelJar jar) {
        return jar == null ? null : StoragePaths.of(jar.getUri(), jar.getS3());
    }

    /** Another job's artifact is the one that was found when that job was complete, whatever lies there now. */
    private static JobFile.From from(TrainingJob job, EarlierModel from) {
        if (from.getTrainingJobRef() == null) {
            return new JobFile.From(StoragePaths.of(from.getUri(), from.getS3()), null);
        }
        var found = job.getStatus().getModel();
        return new JobFile.From(StoragePaths.of(found.getUri(), found.getS3()), found.getDigest());
    }

    private static dev.capstan.protocol.Layer layer(Layer layer) {
        if (layer.getPooling() != null) {
            var pooling = layer.getPooling();
            return new dev.capstan.protocol.Layer.Pooling(
                    pooling(pooling.getType()), pooling.getKernelSize(), pooling.stride());
        }
        if (layer.getGlobalPooling() != null) {
            return new dev.capstan.protocol.Layer.GlobalPooling(
                    pooling(layer.getGlobalPooling().getType()));
        }
        if (layer.getEmbedding() != null) {
            return new dev.capstan.protocol.Layer.Embedding(layer.getEmbedding().getUnits());
        }
        if (layer.getPositions() != null) {
            return new dev.capstan.protocol.Layer.Positions();
        }
        if (layer.getResidual() != null) {
            return new dev.capstan.protocol.Layer.Residual(layer.getResidual().getLayers().stream()
                    .map(ModelMapper::layer)
                    .toList());
        }
        if (layer.getOutput() != null) {
            var output = layer.getOutput();
            return new dev.capstan.protocol.Layer.Output(
                    output.getUnits(), lowerCase(output.getActivation()), loss(output.getLoss()));
        }
        // All others may stand in a residual, too.
        return layer(new BlockLayer()
                .setDense(layer.getDense())
                .setConvolution(layer.getConvolution())
                .setConv1d(layer.getConv1d())
                .setBatchNormalization(layer.getBatchNormalization())
                .setLayerNormalization(layer.getLayerNormalization())
                .setDropout(layer.getDropout())
                .setAttention(layer.getAttention())
                .setLstm(layer.getLstm()));
    }

    private static dev.capstan.protocol.Layer layer(BlockLayer layer) {
        if (layer.getConvolution() != null) {
            return convolution(layer.getConvolution());
        }
        if (layer.getConv1d() != null) {
            var convolution = layer.getConv1d();
            return new dev.capstan.protocol.Layer.Conv1d(
                    convolution.getFilters(), convolution.getKernelSize(), lowerCase(convolution.getActivation()));
        }
        if (layer.getBatchNormalization() != null) {
            var normalization = layer.getBatchNormalization();
            return new dev.capstan.protocol.Layer.BatchNormalization(normalization.decay(), normalization.epsilon());
        }
        if (layer.getLayerNormalization() != null) {
            return new dev.capstan.protocol.Layer.LayerNormalization(
                    layer.getLayerNormalization().epsilon());
        }
        if (layer.getDropout() != null) {
            return new dev.capstan.protocol.Layer.Dropout(layer.getDropout().getRate());
        }
        if (layer.getAttention() != null) {
            return new dev.capstan.protocol.Layer.Attention(layer.getAttention().getHeads());
        }
        if (layer.getLstm() != null) {
            return lstm(layer.getLstm());
        }
        var dense = layer.getDense();
        return new dev.capstan.protocol.Layer.Dense(dense.getUnits(), lowerCase(dense.getActivation()));
    }

    private static dev.capstan.protocol.Layer lstm(LstmLayer lstm) {
        return lstm.bidirectional()
                ? new dev.capstan.protocol.Layer.BidirectionalLstm(lstm.getUnits(), lowerCase(lstm.activation()))
                : new dev.capstan.protocol.Layer.Lstm(
                        lstm.getUnits(), lowerCase(lstm.activation()), lstm.returnSequences());
    }

    private static dev.capstan.protocol.Layer convolution(ConvolutionLayer convolution) {
        return new dev.capstan.protocol.Layer.Convolution(
                convolution.getFilters(),
                convolution.getKernelSize(),
                convolution.stride(),
                switch (convolution.padding()) {
                    case VALID -> dev.capstan.protocol.Layer.Padding.VALID;
                    case SAME -> dev.capstan.protocol.Layer.Padding.SAME;
                },
                lowerCase(convolution.getActivation()));
    }

    private static dev.capstan.protocol.Layer.PoolingType pooling(dev.capstan.crds.training.PoolingType type) {
        return switch (type) {
            case MAX -> dev.capstan.protocol.Layer.PoolingType.MAX;
            case AVERAGE -> dev.capstan.protocol.Layer.PoolingType.AVERAGE;
        };
    }

    private static String loss(Loss loss) {
        return switch (loss) {
            case MCXENT, NEGATIVELOGLIKELIHOOD, MSE, HUBER -> lowerCase(loss);
            case MAE -> "mean_absolute_error";
        };
    }

    private static String lowerCase(Enum<?> choice) {
        return choice.name().toLowerCase(Locale.ROOT);
    }
}
