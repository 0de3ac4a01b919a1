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
            /model                            | null      | model is missing
            /model/layers                     | []        | model.layers is empty; it needs at least an output layer
            /model/layers/0/units             | 0         | model.layers[0].units is 0; it must be at least 1
            /model/layers/0/kind              | "output"  | model.layers[0] is an output layer; only the last one may be; model.layers[0].loss is missing; it must be one of mcxent, negativeloglikelihood, xent, mse, mean_absolute_error, l1, l2, kl_divergence
            /model/layers/1/kind              | "dense"   | model.layers[1] is the last layer and no output layer; the last one must be
            /model/layers/1/loss              | "hinge"   | model.layers[1].loss is "hinge"; it must be one of mcxent, negativeloglikelihood, xent, mse, mean_absolute_error, l1, l2, kl_divergence
            /model/layers/0/activation        | "rellu"   | model.layers[0].activation is "rellu"; it must be one of cube, elu, gelu, hardsigmoid, hardtanh, identity, leakyrelu, mish, rationaltanh, rectifiedtanh, relu, relu6, selu, sigmoid, softmax, softplus, softsign, swish, tanh, thresholdedrelu
            /data/train                       | null      | data.train is missing
            /data/train/place                 | null      | data.train.place is missing
            /data/train/place/path            | null      | data.train.place has neither a path nor an S3 service; it needs one of them
            /data/train/format                | "CSV"     | data.train.csv is missing
            /training/epochs                  | 0         | training.epochs is 0; it must be at least 1
            /training/batchSize               | -1        | training.batchSize is -1; it must be at least 1
            /training/optimizer               | null      | training.optimizer is missing
            /training/optimizer/learningRate  | 0         | training.optimizer.learningRate is 0.0; it must be above 0 and finite
            /training/optimizer/beta2         | 1         | training.optimizer.beta2 is 1.0; it must be at least 0 and below 1
            /training/optimizer/epsilon       | 0         | training.optimizer.epsilon is 0.0; it must be above 0 and finite
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

    @Test
    void allWrongFieldsAreNamedAtOnce() throws Exception {
        var text = with("/training/epochs", "0").replace("\"units\" : 16", "\"units\" : 0");
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
                                "has version 9, this worker reads version 2; use the worker image that belongs to the operator"),
                e.getMessage());
    }

    @Test
    void textThatIsNoJobIsToldByLine() {
        var e = assertThrows(Failure.class, () -> read("{\"version\": 2,\n\"peers\": 5}"));
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
