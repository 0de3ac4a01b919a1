package dev.capstan.layers;

import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Where a layer's parameters lie among the network's. */
final class Parameters implements ParamInitializer {
    static final Parameters INSTANCE = new Parameters();

    private Parameters() {}

    private static List<Parameter> all(Layer layer) {
        return ((VectorLayer) layer).parameters();
    }

    @Override
    public long numParams(NeuralNetConfiguration configuration) {
        return numParams(configuration.getLayer());
    }

    @Override
    public long numParams(Layer layer) {
        return all(layer).stream().mapToLong(Parameter::length).sum();
    }

    @Override
    public List<String> paramKeys(Layer layer) {
        return all(layer).stream().map(Parameter::name).toList();
    }

    @Override
    public List<String> weightKeys(Layer layer) {
        return all(layer).stream()
                .filter(Parameter::weight)
                .map(Parameter::name)
                .toList();
    }

    @Override
    public List<String> biasKeys(Layer layer) {
        return all(layer).stream()
                .filter(each -> !each.weight())
                .map(Parameter::name)
                .toList();
    }

    @Override
    public boolean isWeightParam(Layer layer, String key) {
        return weightKeys(layer).contains(key);
    }

    @Override
    public boolean isBiasParam(Layer layer, String key) {
        return biasKeys(layer).contains(key);
    }

    @Override
    public Map<String, INDArray> init(NeuralNetConfiguration configuration, INDArray view, boolean initialize) {
        var layer = (VectorLayer) configuration.getLayer();
        var table = table(layer, view);
        table.forEach((name, parameter) -> {
            if (initialize) {
                layer.draw(name, parameter);
            }
            configuration.addVariable(name);
        });
        return table;
    }

    @Override
    public Map<String, INDArray> getGradientsFromFlattened(NeuralNetConfiguration configuration, INDArray view) {
        return table(configuration.getLayer(), view);
    }

    private static Map<String, INDArray> table(Layer layer, INDArray view) {
        var row = view.reshape(view.length());
        var table = new LinkedHashMap<String, INDArray>();
        long from = 0;
        for (var each : all(layer)) {
            table.put(each.name(), row.get(interval(from, from + each.length())).reshape('f', each.shape()));
            from += each.length();
        }
        return table;
    }
}
