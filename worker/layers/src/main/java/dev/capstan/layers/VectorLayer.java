package dev.capstan.layers;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.InputTypeUtil;
import org.deeplearning4j.nn.conf.memory.LayerMemoryReport;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.regularization.Regularization;

/**
 * The configuration of a layer that gives as many numbers as it gets: of each sample, or of each time step of a
 * sequence.
 */
public abstract class VectorLayer extends BaseLayer {
    private long width;

    /** For DL4J's JSON. */
    VectorLayer() {}

    VectorLayer(Builder<?> builder) {
        super(builder);
    }

    /** Numbers of a sample, or of a time step; 0 as long as they aren't known. */
    public long getWidth() {
        return width;
    }

    public void setWidth(long width) {
        this.width = width;
    }

    /** Its parameters, in the order in which they lie. */
    abstract List<Parameter> parameters();

    /** Fills a parameter as a training begins with it. */
    abstract void draw(String name, INDArray parameter);

    /** What computes it. */
    abstract VectorComputation computation(NeuralNetConfiguration configuration, DataType type);

    @Override
    public final org.deeplearning4j.nn.api.Layer instantiate(
            NeuralNetConfiguration configuration,
            Collection<TrainingListener> listeners,
            int index,
            INDArray parameters,
            boolean initialize,
            DataType type) {
        if (width < 1) {
            throw new IllegalStateException(getClass().getSimpleName() + " " + getLayerName()
                    + " has no width: set it, or the network's input type");
        }
        var layer = computation(configuration, type);
        layer.setListeners(listeners);
        layer.setIndex(index);
        layer.setParamsViewArray(parameters);
        Map<String, INDArray> table = initializer().init(configuration, parameters, initialize);
        layer.setParamTable(table);
        layer.setConf(configuration);
        return layer;
    }

    @Override
    public final ParamInitializer initializer() {
        return Parameters.INSTANCE;
    }

    @Override
    public final void setNIn(InputType inputType, boolean override) {
        if (width <= 0 || override) {
            width = switch (inputType) {
                case InputType.InputTypeRecurrent sequences -> sequences.getSize();
                case InputType.InputTypeFeedForward rows -> rows.getSize();
                default ->
                    throw new IllegalStateException(
                            getClass().getSimpleName() + " needs rows or sequences, and gets " + inputType);
            };
        }
    }

    @Override
    public final InputType getOutputType(int layerIndex, InputType inputType) {
        return inputType;
    }

    @Override
    public final InputPreProcessor getPreProcessorForInputType(InputType inputType) {
        return inputType instanceof InputType.InputTypeRecurrent
                ? InputTypeUtil.getPreprocessorForInputTypeRnnLayers(inputType, RNNFormat.NCW, getLayerName())
                : null;
    }

    @Override
    public final List<Regularization> getRegularizationByParam(String name) {
        return initializer().isWeightParam(this, name) ? regularization : regularizationBias;
    }

    @Override
    public final boolean isPretrainParam(String name) {
        return false;
    }

    @Override
    public final LayerMemoryReport getMemoryReport(InputType inputType) {
        long parameters = initializer().numParams(this);
        return new LayerMemoryReport.Builder(getLayerName(), getClass(), inputType, inputType)
                .standardMemory(parameters, getIUpdater().stateSize(parameters))
                .build();
    }
}
