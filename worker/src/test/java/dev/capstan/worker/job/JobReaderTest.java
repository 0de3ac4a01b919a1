package dev.capstan.worker.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.outcome.Failure;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JobReaderTest {
    @TempDir
    Path folder;

    private JobFile job;

    @BeforeEach
    void makeAGoodJob() throws Exception {
        job = Fixtures.job(folder, "uid-1", 1, 2, 1);
    }

    @Test
    void aGoodJobIsRead() throws Exception {
        assertEquals(job, read(Json.write(job)));
    }

    @ParameterizedTest(name = "{0} = {1}")
    @CsvSource(delimiter = '|', textBlock = """
            /job                              | null      | job is missing
            /job/uid                          | null      | job.uid is missing
            /work/model                            | null      | model is missing
            /work/model/layers                     | []        | model.layers is empty; it needs at least an output layer
            /work/model                            | {} | model has 0 of layers, configuration, from and torchScript; it must have exactly one
            /work/model/configuration              | "a" | model has 2 of layers, configuration, from and torchScript; it must have exactly one
            /work/model/jar                        | {"path": "a"} | model.jar is set with model.layers, which need none; remove one of them
            /work/model                            | {"from": {"digest": "sha256:1"}} | model.from.place is missing; model.from.digest is "sha256:1"; it must be sha256: and 64 hex digits
            /work/model                            | {"from": {"place": {"s3": {}}}, "jar": {}} | model.from.place.s3.region is missing; model.from.place.s3.credentials is missing; model.jar has neither a path nor an S3 service; it needs one of them
            /work/model/layers/0                   | null | model.layers[0] is missing
            /work/model/layers/0                   | {"kind": "convolution", "filters": 0, "kernelSize": 0, "stride": 0, "activation": "relu"} | model.layers[0].filters is 0; it must be at least 1; model.layers[0].kernelSize is 0; it must be at least 1; model.layers[0].stride is 0; it must be at least 1; model.layers[0].padding is missing
            /work/model/layers/0                   | {"kind": "pooling", "kernelSize": 0, "stride": 0} | model.layers[0].type is missing; model.layers[0].kernelSize is 0; it must be at least 1; model.layers[0].stride is 0; it must be at least 1
            /work/model/layers/0                   | {"kind": "globalPooling"} | model.layers[0].type is missing
            /work/model/layers/0                   | {"kind": "batchNormalization", "decay": 1, "epsilon": 0} | model.layers[0].decay is 1.0; it must be at least 0 and below 1; model.layers[0].epsilon is 0.0; it must be above 0 and finite
            /work/model/layers/0                   | {"kind": "dropout", "rate": 1} | model.layers[0].rate is 1.0; it must be at least 0 and below 1
            /work/model/layers/0                   | {"kind": "embedding", "units": 0} | model.layers[0].units is 0; it must be at least 1
            /work/model/layers/0                   | {"kind": "lstm", "units": 0, "activation": "tanh", "returnSequences": true} | model.layers[0].units is 0; it must be at least 1
            /work/model/layers/0                   | {"kind": "bidirectionalLstm", "units": 0, "activation": "tanh"} | model.layers[0].units is 0; it must be at least 1
            /work/model/layers/0                   | {"kind": "conv1d", "filters": 0, "kernelSize": 4, "activation": "relu"} | model.layers[0].filters is 0; it must be at least 1; model.layers[0].kernelSize is 4; it must be odd and at least 1
            /work/model/layers/0                   | {"kind": "layerNormalization", "epsilon": 0} | model.layers[0].epsilon is 0.0; it must be above 0 and finite
            /work/model/layers/0                   | {"kind": "attention", "heads": 0} | model.layers[0].heads is 0; it must be at least 1
            /work/model/layers/0                   | {"kind": "residual", "layers": []} | model.layers[0].residual.layers is empty; it needs at least one layer
            /work/model/layers/0                   | {"kind": "residual", "layers": [{"kind": "dropout", "rate": 1}]} | model.layers[0].residual.layers[0].rate is 1.0; it must be at least 0 and below 1
            /work/model/layers/0                   | {"kind": "residual", "layers": [{"kind": "residual", "layers": [{"kind": "positions"}]}]} | model.layers[0].residual.layers[0] is a residual or an output layer; neither may be within a residual
            /work/model/layers                     | [{"kind": "embedding", "units": 8}, {"kind": "attention", "heads": 3}, {"kind": "residual", "layers": [{"kind": "conv1d", "filters": 10, "kernelSize": 1, "activation": "relu"}, {"kind": "attention", "heads": 4}]}, {"kind": "globalPooling", "type": "MAX"}, {"kind": "output", "units": 2, "activation": "softmax", "loss": "mcxent"}] | model.layers[1].heads is 3, and the vectors before it have 8 numbers, which the heads share equally; it must divide 8; model.layers[2].residual.layers[1].heads is 4, and the vectors before it have 10 numbers, which the heads share equally; it must divide 10; model.layers[2].residual.layers get vectors of 8 numbers and give vectors of 10; both are added, so the last of them must give vectors of 8
            /work/model/layers/0/units             | 0         | model.layers[0].units is 0; it must be at least 1
            /work/model/layers/0/kind              | "output"  | model.layers[0] is an output layer; only the last one may be; model.layers[0].loss is missing; it must be one of mcxent, negativeloglikelihood, xent, mse, mean_absolute_error, l1, l2, kl_divergence, huber
            /work/model/layers/1/kind              | "dense"   | model.layers[1] is the last layer and no output layer; the last one must be
            /work/model/layers/1/loss              | "hinge"   | model.layers[1].loss is "hinge"; it must be one of mcxent, negativeloglikelihood, xent, mse, mean_absolute_error, l1, l2, kl_divergence, huber
            /work/model/layers/0/activation        | "rellu"   | model.layers[0].activation is "rellu"; it must be one of cube, elu, gelu, hardsigmoid, hardtanh, identity, leakyrelu, mish, rationaltanh, rectifiedtanh, relu, relu6, selu, sigmoid, softmax, softplus, softsign, swish, tanh, thresholdedrelu
            /work/data/train                       | null      | data.train is missing
            /work/data/train/place                 | null      | data.train.place is missing
            /work/data/train/place/path            | null      | data.train.place has neither a path nor an S3 service; it needs one of them
            /work/data/train/format                | "CSV"     | data.train.csv is missing
            /work/data/train/format                | "IMAGES"  | data.train.images is missing
            /work/data/train                       | {"place": {"path": "a"}, "format": "IMAGES", "images": {"height": 0, "width": 0, "channels": 2}} | data.train.images.height is 0; it must be at least 1; data.train.images.width is 0; it must be at least 1; data.train.images.channels is 2; it must be 1 (grey) or 3 (colour)
            /work/data/test/format                 | "TEXT"    | data.test.text is missing
            /work/data/test                        | {"place": {"path": "a"}, "format": "TEXT", "text": {"header": true, "textColumn": 0, "labelColumn": 0, "encoding": "SEQUENCE", "vocabularySize": 0, "maxLength": 0}} | data.test.text.textColumn and labelColumn are both 0; they must differ; data.test.text.vocabularySize is 0; it must be at least 1; data.test.text.maxLength is 0; it must be at least 1
            /work/training/epochs                  | 0         | training.epochs is 0; it must be at least 1
            /work/training/batchSize               | -1        | training.batchSize is -1; it must be at least 1
            /work/training/optimizer               | null      | training.optimizer is missing
            /work/training/optimizer/learningRate  | 0         | training.optimizer.learningRate is 0.0; it must be above 0 and finite
            /work/training/optimizer/beta2         | 1         | training.optimizer.beta2 is 1.0; it must be at least 0 and below 1
            /work/training/optimizer/epsilon       | 0         | training.optimizer.epsilon is 0.0; it must be above 0 and finite
            /work/training/l1                      | -1        | training.l1 is -1.0; it must be at least 0 and finite
            /work/training/validationSplit         | 1         | training.validationSplit is 1.0; it must be at least 0 and below 1
            /work/training/optimizer               | {"kind": "sgd", "learningRate": -1} | training.optimizer.learningRate is -1.0; it must be above 0 and finite
            /work/training/optimizer               | {"kind": "nesterov", "learningRate": 1, "momentum": 1} | training.optimizer.momentum is 1.0; it must be at least 0 and below 1
            /work/training/optimizer               | {"kind": "adamW", "learningRate": 1, "beta1": 2, "beta2": 0, "epsilon": 1, "weightDecay": -1} | training.optimizer.beta1 is 2.0; it must be at least 0 and below 1; training.optimizer.weightDecay is -1.0; it must be at least 0 and finite
            /work/training/optimizer               | {"kind": "rmsProp", "learningRate": 1, "decay": 1, "epsilon": 0} | training.optimizer.decay is 1.0; it must be at least 0 and below 1; training.optimizer.epsilon is 0.0; it must be above 0 and finite
            /work/training/optimizer               | {"kind": "adaGrad", "learningRate": 1, "epsilon": 0} | training.optimizer.epsilon is 0.0; it must be above 0 and finite
            /work/training/schedule                | {"warmupSteps": 0} | training.schedule has neither a decay nor warmupSteps; it needs one of them
            /work/training/schedule                | {"warmupSteps": -1, "decay": {"kind": "step", "everyEpochs": 0, "factor": 0}} | training.schedule.warmupSteps is -1; it must be at least 0; training.schedule.decay.everyEpochs is 0; it must be at least 1; training.schedule.decay.factor is 0.0; it must be above 0 and finite
            /work/training/schedule                | {"warmupSteps": 0, "decay": {"kind": "exponential", "factor": 0}} | training.schedule.decay.factor is 0.0; it must be above 0 and finite
            /work/training/schedule                | {"warmupSteps": 0, "decay": {"kind": "polynomial", "power": 0}} | training.schedule.decay.power is 0.0; it must be above 0 and finite
            /work/training/clipping                | {"maxNorm": 1, "maxValue": 1} | training.clipping has maxNorm 1.0 and maxValue 1.0; exactly one must be above 0
            /work/training/clipping                | {"maxNorm": -1, "maxValue": 1} | training.clipping.maxNorm is -1.0; it must be at least 0 and finite
            /work/training/earlyStopping           | {"patience": 0, "minDelta": -1, "restoreBest": true} | training.earlyStopping.metric is missing; training.earlyStopping.patience is 0; it must be at least 1; training.earlyStopping.minDelta is -1.0; it must be at least 0 and finite; training.earlyStopping is set without training.validationSplit, on which it measures; set both
            /work/training/classWeights            | {"balanced": true, "values": [1, 0]} | training.classWeights has balanced: true and 2 values; it needs one of the two; training.classWeights.values[1] is 0.0; it must be above 0 and finite
            /work/training/classWeights            | {"balanced": false} | training.classWeights has balanced: false and no values; it needs one of the two
            /work                             | null      | work is missing
            /checkpoints/everySteps           | -1        | checkpoints.everySteps is -1; it must be at least 0
            /checkpoints/everySeconds         | -1        | checkpoints.everySeconds is -1; it must be at least 0
            /checkpoints/auto                 | {"failures": -1, "seconds": -1} | checkpoints.auto.failures is -1; it must be at least 0; checkpoints.auto.seconds is -1.0; it must be at least 0 and finite
            /checkpoints/keep                 | 0         | checkpoints.keep is 0; it must be at least 1
            /peers                            | []        | peers is empty; it must name host:port of every rank
            /peers/1                          | "a"       | peers[1] is "a"; it must be host:port
            /peers/0                          | "a:70000" | peers[0] is "a:70000"; it must be host:port
            /output                           | null      | output is missing
            """)
    void aWrongFieldIsNamed(String pointer, String value, String sentence) {
        var e = assertThrows(Failure.class, () -> read(with(pointer, value)));
        assertEquals(sentence, e.getMessage());
        assertEquals(Reason.InvalidJob, e.reason());
    }

    /** What only a network of layers can have, on a model that brings its own. */
    @ParameterizedTest(name = "{0} = {1}")
    @CsvSource(delimiter = '|', textBlock = """
            /work/training/l2           | 0.5 | training.l2 is 0.5, but the model brings its own penalties; it must be 0 without model.layers
            /work/training/classWeights | {"balanced": true} | training.classWeights are set, but model.layers don't end in an output layer with the loss mcxent; only that one can weigh classes
            /work/training/schedule     | {"warmupSteps": 1} | training.schedule is set without training.optimizer, whose learning rate it would change; set both
            """)
    void aModelThatIsCompleteTakesNoMore(String pointer, String value, String sentence) throws Exception {
        var training = Fixtures.training(1, 8, null, 7);
        var model = new JobFile.Model(null, "model.json", null, null);
        job = Fixtures.with(job, model, job.train().data(), training);
        assertEquals(job, read(Json.write(job)));
        var e = assertThrows(Failure.class, () -> read(with(pointer, value)));
        assertEquals(sentence, e.getMessage());
    }

    @Test
    void allWrongFieldsAreNamedAtOnce() throws Exception {
        var text = with("/work/training/epochs", "0").replace("\"units\" : 16", "\"units\" : 0");
        var e = assertThrows(Failure.class, () -> read(text));
        assertEquals(
                "model.layers[0].units is 0; it must be at least 1; training.epochs is 0; it must be at least 1",
                e.getMessage());
    }

    @Test
    void aNewerVersionIsRefusedBeforeItsFieldsAreRead() {
        var e = assertThrows(Failure.class, () -> read("{\"version\": 9, \"peers\": {\"zero\": \"a:1\"}}"));
        assertEquals(Reason.InvalidJob, e.reason());
        assertTrue(
                e.getMessage()
                        .endsWith(
                                "is of version 9, this worker reads versions 2 and 3; use the worker image that belongs to the operator"),
                e.getMessage());
    }

    @Test
    void textThatIsNoJobIsToldByLine() {
        var e = assertThrows(Failure.class, () -> read("{\"version\": 3,\n\"peers\": 5}"));
        assertEquals(Reason.InvalidJob, e.reason());
        assertTrue(e.getMessage().contains("line 2"), e.getMessage());
    }

    @Test
    void aMissingFileIsNotTheUsersFault() {
        var e = assertThrows(Failure.class, () -> JobReader.read(folder.resolve("missing.json")));
        assertEquals(Reason.WorkerError, e.reason());
    }

    private String with(String pointer, String value) throws Exception {
        var mapper = new ObjectMapper();
        var tree = mapper.readTree(Json.write(job));
        int slash = pointer.lastIndexOf('/');
        var parent = tree.at(pointer.substring(0, slash));
        var name = pointer.substring(slash + 1);
        if (parent instanceof ObjectNode object) {
            object.set(name, mapper.readTree(value));
        } else {
            ((ArrayNode) parent).set(Integer.parseInt(name), mapper.readTree(value));
        }
        return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(tree);
    }

    private JobFile read(String text) throws Exception {
        var file = folder.resolve("job.json");
        Files.writeString(file, text);
        return JobReader.read(file);
    }
}
