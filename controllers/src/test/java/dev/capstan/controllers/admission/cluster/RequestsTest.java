package dev.capstan.controllers.admission.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RequestsTest {
    @Test
    void containersAddUpAndAPodIsOnePod() {
        var spec = new PodSpecBuilder()
                .withContainers(container("100m"), container("1"))
                .build();
        assertEquals(1100, Requests.of(spec).get("cpu"));
        assertEquals(1000, Requests.of(spec).get("pods"));
    }

    @Test
    void aLimitWithoutARequestIsTheRequest() {
        var container = new ContainerBuilder()
                .withNewResources()
                .addToLimits("nvidia.com/gpu", new Quantity("2"))
                .endResources()
                .build();
        var spec = new PodSpecBuilder().withContainers(container).build();
        assertEquals(2000, Requests.of(spec).get("nvidia.com/gpu"));
    }

    @Test
    void initContainersCountWhereTheyNeedMore() {
        var spec = new PodSpecBuilder()
                .withInitContainers(container("3"), container("1"))
                .withContainers(container("2"))
                .build();
        assertEquals(3000, Requests.of(spec).get("cpu"));
    }

    @Test
    void sidecarsStayBesideTheOthers() {
        var sidecar =
                new ContainerBuilder(container("1")).withRestartPolicy("Always").build();
        var spec = new PodSpecBuilder()
                .withInitContainers(sidecar, container("4"))
                .withContainers(container("2"))
                .build();
        assertEquals(5000, Requests.of(spec).get("cpu"), "the sidecar runs while the init container does");
    }

    @Test
    void overheadComesOnTop() {
        var spec = new PodSpecBuilder()
                .withContainers(container("1"))
                .withOverhead(Map.of("cpu", new Quantity("250m")))
                .build();
        assertEquals(1250, Requests.of(spec).get("cpu"));
    }

    @Test
    void amountsAreShownInTheUnitsThatPeopleUse() {
        var amounts = Resources.asked(Map.of(
                "memory", new Quantity("16Gi"),
                "cpu", new Quantity("500m"),
                "nvidia.com/gpu", new Quantity("1")));
        assertEquals("1 nvidia.com/gpu, 500m cpu, 16Gi memory", amounts.toString());
        assertEquals("15Gi", Resources.amount("memory", 16_283_123_712L * 1000));
        assertEquals("1500Mi", Resources.amount("memory", 1500L * 1024 * 1024 * 1000));
        assertEquals("0", Resources.amount("memory", 0));
    }

    @Test
    void fractionsOfAThousandthCountAgainstWhoAsks() {
        var tiny = Map.of("cpu", new Quantity("0.0001"));
        assertEquals(1, Resources.asked(tiny).get("cpu"));
        assertEquals(0, Resources.offered(tiny).get("cpu"));
    }

    private static Container container(String cpu) {
        return new ContainerBuilder()
                .withNewResources()
                .addToRequests("cpu", new Quantity(cpu))
                .endResources()
                .build();
    }
}
