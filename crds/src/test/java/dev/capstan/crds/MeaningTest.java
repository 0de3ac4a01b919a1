package dev.capstan.crds;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.crds.inference.InferenceServiceSpec;
import dev.capstan.crds.training.TrainingJobSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.utils.Serialization;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is written otherwise and means the same reads the same. */
class MeaningTest {
    @ParameterizedTest
    @CsvSource({
        "1, 1",
        "0, 0",
        "'0.0', 0",
        "1.0, 1",
        "1000m, 1",
        "500m, 500m",
        "0.5, 500m",
        ".5, 500m",
        "1.5, 1500m",
        "2Gi, 2Gi",
        "2048Mi, 2Gi",
        "2147483648, 2Gi",
        "1.5Gi, 1536Mi",
        "2e3, 2000",
        "2k, 2000",
        "3n, 0.000000003"
    })
    void amountsHaveOneUnit(String written, String plain) {
        var amount = Meaning.amount(new Quantity(written));
        assertEquals(plain, amount.toString());
        assertEquals(0, amount.getNumericalAmount().compareTo(new Quantity(written).getNumericalAmount()));
    }

    @Test
    void defaultsThatAreSpelledOutGo() {
        assertEquals(read("model: {from: {uri: 'pvc://models/a'}}, replicas: 3"), Meaning.of(read("""
                        model: {from: {uri: 'pvc://models/a'}, follow: false}
                        replicas: 3
                        batching: {}
                        access: {modelRepository: false}
                        workers: {image: '', labels: {}, env: [], resources: {limits: {}}}
                        scheduling: {timeoutSeconds: 300}
                        """)));
    }

    @Test
    void whatSaysSomethingStays() {
        var spec = read("""
                model: {from: {uri: 'pvc://models/a'}, digest: 'sha256:0'}
                access: {token: {secretName: a, key: b}}
                workers: {replicas: 2, resources: {limits: {cpu: '2', memory: 1Gi}, requests: {cpu: '1'}}}
                """);
        assertEquals(spec, Meaning.of(spec));
    }

    @Test
    void theSpecThatIsGivenStaysAsItWasWritten() {
        var spec = Serialization.unmarshal("---\nsuspend: false\nworkers: {replicas: 1}", TrainingJobSpec.class);
        var text = spec.toString();
        assertEquals("{}", Meaning.of(spec).toString());
        assertEquals(text, spec.toString());
    }

    private static InferenceServiceSpec read(String yaml) {
        return Serialization.unmarshal(
                "---\n" + (yaml.contains("\n") ? yaml : "{" + yaml + "}"), InferenceServiceSpec.class);
    }
}
