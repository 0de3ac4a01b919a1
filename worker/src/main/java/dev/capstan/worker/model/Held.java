package dev.capstan.worker.model;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.memory.LayerMemoryReport;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.learning.regularization.Regularization;

/**
 * Numbers of a model that isn't DL4J's, as the one layer of a network of DL4J's: its optimizers update them, and
 * whatever keeps or sends a network keeps and sends these. What the model answers, only its own stage knows.
 */
public final class Held extends BaseLayer {
    private String[] names;
    private long[] lengths;
    private Kind[] kinds;

    /** What becomes of a tensor's numbers in a step. */
    public enum Kind {
        /** Learned; penalties on weights are for it. */
        WEIGHT,
        /** Learned. */
        BIAS,
        /** What a pass over samples itself changes, such as running statistics, or nothing does. */
        STATE
    }

    /**
     * A tensor.
     *
     * @param name unlike all others'
     * @param length how many numbers
     */
    public record Slot(String name, long length, Kind kind) {}

    /** For DL4J's JSON. */
    Held() {}

    Held(List<Slot> slots) {
        names = slots.stream().map(Slot::name).toArray(String[]::new);
        lengths = slots.stream().mapToLong(Slot::length).toArray();
        kinds = slots.stream().map(Slot::kind).toArray(Kind[]::new);
    }

    public String[] getNames() {
        return names;
    }

    public long[] getLengths() {
        return lengths;
    }

    public Kind[] getKinds() {
        return kinds;
    }

    private Kind kind(String name) {
        return kinds[List.of(names).indexOf(name)];
    }

    boolean isState(String name) {
        return kind(name) == Kind.STATE;
    }

    @Override
    public IUpdater getUpdaterByParam(String name) {
        return isState(name) ? new NoOp() : super.getUpdaterByParam(name);
    }

    @Override
    public List<Regularization> getRegularizationByParam(String name) {
        return kind(name) == Kind.WEIGHT ? regularization : List.of();
    }

    @Override
    public org.deeplearning4j.nn.api.Layer instantiate(
            NeuralNetConfiguration configuration,
            Collection<TrainingListener> listeners,
            int index,
            INDArray parameters,
            boolean initialize,
            DataType type) {
        var layer = new HeldNumbers(configuration, type);
        layer.setListeners(listeners);
        layer.setIndex(index);
        layer.setParamsViewArray(parameters);
        layer.setParamTable(initializer().init(configuration, parameters, initialize));
        layer.setConf(configuration);
        return layer;
    }

    @Override
    public ParamInitializer initializer() {
        return Places.INSTANCE;
    }

    @Override
    public void setNIn(InputType inputType, boolean override) {}

    @Override
    public InputType getOutputType(int index, InputType inputType) {
        return inputType;
    }

    @Override
    public InputPreProcessor getPreProcessorForInputType(InputType inputType) {
        return null;
    }

    @Override
    public boolean isPretrainParam(String name) {
        return false;
    }

    @Override
    public LayerMemoryReport getMemoryReport(InputType inputType) {
        throw new UnsupportedOperationException("only DL4J's own layers are reported on");
    }

    /** One behind the other. */
    private static final class Places implements ParamInitializer {
        static final Places INSTANCE = new Places();

        @Override
        public long numParams(NeuralNetConfiguration configuration) {
            return numParams(configuration.getLayer());
        }

        @Override
        public long numParams(Layer layer) {
            return IntStream.range(0, ((Held) layer).lengths.length)
                    .mapToLong(i -> ((Held) layer).lengths[i])
                    .sum();
        }

        @Override
        public List<String> paramKeys(Layer layer) {
            return List.of(((Held) layer).names);
        }

        @Override
        public List<String> weightKeys(Layer layer) {
            return paramKeys(layer).stream()
                    .filter(each -> isWeightParam(layer, each))
                    .toList();
        }

        @Override
        public List<String> biasKeys(Layer layer) {
            return paramKeys(layer).stream()
                    .filter(each -> isBiasParam(layer, each))
                    .toList();
        }

        @Override
        public boolean isWeightParam(Layer layer, String key) {
            return ((Held) layer).kind(key) == Kind.WEIGHT;
        }

        @Override
        public boolean isBiasParam(Layer layer, String key) {
            return ((Held) layer).kind(key) == Kind.BIAS;
        }

        @Override
        public Map<String, INDArray> init(NeuralNetConfiguration configuration, INDArray view, boolean initialize) {
            paramKeys(configuration.getLayer()).forEach(configuration::addVariable);
            return getGradientsFromFlattened(configuration, view);
        }

        @Override
        public Map<String, INDArray> getGradientsFromFlattened(NeuralNetConfiguration configuration, INDArray view) {
            var held = (Held) configuration.getLayer();
            var row = view.reshape(view.length());
            var table = new LinkedHashMap<String, INDArray>();
            long from = 0;
            for (int i = 0; i < held.names.length; i++) {
                table.put(held.names[i], row.get(NDArrayIndex.interval(from, from + held.lengths[i])));
                from += held.lengths[i];
            }
            return table;
        }
    }
}
