package dev.capstan.controllers;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Clock;
import java.time.Instant;

/** The rules of the rooms, as docs and CONTRIBUTING.md tell them. */
@AnalyzeClasses(packages = "dev.capstan.controllers", importOptions = ImportOption.DoNotIncludeTests.class)
class RoomsTest {
    private static final String ROOT = "dev.capstan.controllers";
    /** Features: each knows the shared rooms, and none another. Add new ones here. */
    private static final String[] FEATURES = {ROOT + ".training..", ROOT + ".compression.."};

    private static final String[] PURE_ROOMS = {
        ROOT + ".admission..",
        ROOT + ".status..",
        ROOT + ".plan..",
        ROOT + ".pods..",
        ROOT + ".lineage..",
        ROOT + ".job..",
        ROOT + ".training..",
        ROOT + ".compression..",
        ROOT + ".inference.."
    };

    private static final DescribedPredicate<JavaClass> PURE = resideInAnyPackage(PURE_ROOMS);

    @ArchTest
    static final ArchRule pureRoomsSeeKindsProtocolAndModelsAlone = classes()
            .that(PURE)
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(
                            "java.lang..",
                            "java.util..",
                            "java.time..",
                            "java.math..",
                            "java.nio..",
                            "java.security..",
                            "dev.capstan.crds..",
                            "dev.capstan.protocol..")
                    .or(resideInAnyPackage(PURE_ROOMS))
                    .or(resideInAPackage("io.fabric8.kubernetes.api.."))
                    .or(DescribedPredicate.describe(
                            "what every custom resource inherits",
                            type -> type.getName().equals("io.fabric8.kubernetes.client.CustomResource"))));

    @ArchTest
    static final ArchRule pureRoomsAskNoClock = noClasses()
            .that(PURE)
            .should()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(Clock.class, "systemUTC")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(System.class, "nanoTime");

    /** See {@link dev.capstan.controllers.kube.Pace}. */
    @ArchTest
    static final ArchRule nobodyUsesTheFrameworksRateLimiter = noClasses()
            .should()
            .dependOnClassesThat(resideInAPackage("io.javaoperatorsdk.operator.processing.event.rate.."));

    @ArchTest
    static final ArchRule onlyKubeAndTheStartSeeTheFramework = noClasses()
            .that()
            // The start, which puts all together, is what lies in no room.
            .resideOutsideOfPackages(ROOT + ".kube..", ROOT)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.javaoperatorsdk..");

    @ArchTest
    static final ArchRule onlyKubeReadsAndWritesTheApi = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + ".kube..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.fabric8.kubernetes.client.dsl..", "io.fabric8.kubernetes.client.informers..");

    @ArchTest
    static final ArchRule sharedRoomsSeeNoFeature = noClasses()
            .that()
            .resideInAPackage(ROOT + ".*..")
            .and()
            .resideOutsideOfPackages(FEATURES)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(FEATURES);

    @ArchTest
    static final ArchRule noQuarkusHere =
            noClasses().should().dependOnClassesThat().resideInAnyPackage("io.quarkus..", "jakarta..", "org.jboss..");

    @ArchTest
    static final ArchRule noCycles = slices().matching(ROOT + ".(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule noCyclesInAdmission =
            slices().matching(ROOT + ".admission.(**)").should().beFreeOfCycles();

    /** How admission decides is its own affair: others see the engine, what it is told of, and the quotas. */
    @ArchTest
    static final ArchRule admissionKeepsItsInsidesToItself = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + ".admission..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    ROOT + ".admission.fit..", ROOT + ".admission.capacity..", ROOT + ".admission.forecast..");

    @ArchTest
    static final ArchRule noDrawersForOddThings =
            noClasses().should().resideInAnyPackage("..util..", "..utils..", "..helper..", "..common..", "..misc..");
}
