package dev.capstan.worker;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** What a room of the worker may know. */
@AnalyzeClasses(packages = "dev.capstan.worker", importOptions = DoNotIncludeTests.class)
class RoomsTest {
    @ArchTest
    static final ArchRule theWorkerKnowsNoKubernetes =
            noClasses().should().dependOnClassesThat().resideInAnyPackage("io.fabric8..", "io.kubernetes..");

    @ArchTest
    static final ArchRule packagesFormNoCycle =
            slices().matching("dev.capstan.(worker..)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule nothingIsNamedUtil =
            noClasses().should().resideInAnyPackage("..util..", "..utils..", "..common..");

    @ArchTest
    static final ArchRule onlyWhatReadsAndWritesModelsKnowsDl4j = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "..worker.model..",
                    "..worker.torch..",
                    "..worker.onnx..",
                    "..worker.artifact..",
                    "..worker.compress.quantize..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.deeplearning4j..", "org.nd4j..", "org.bytedeco..");

    /** Whoever only names one of its classes may load a gigabyte of libraries. */
    @ArchTest
    static final ArchRule onlyItsStepKnowsLibTorch = noClasses()
            .that()
            .resideOutsideOfPackage("..worker.torch..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.bytedeco.pytorch..");

    /** On a GPU, an operation is refused if one of its tensors lies elsewhere; updates are made in DL4J's memory. */
    @ArchTest
    static final ArchRule tensorsAreMadeWhereTheOthersAre = noClasses()
            .that()
            .resideInAPackage("..worker.torch..")
            .and()
            .doNotHaveSimpleName("FusedAdam")
            .should()
            .callMethodWhere(describe(
                    "makes a tensor without saying where",
                    call -> call.getTargetOwner().getFullName().equals("org.bytedeco.pytorch.global.torch")
                            && call.getName().matches("zeros|ones|full|empty|arange|range|linspace|eye|rand\\w*|tensor")
                            && call.getTarget().getRawParameterTypes().stream()
                                    .noneMatch(type -> type.getSimpleName().equals("TensorOptions"))));

    @ArchTest
    static final ArchRule whatComputesKnowsNothingOfHowItIsAsked = noClasses()
            .that()
            .resideInAnyPackage("..serve", "..serve.batch..", "..serve.infer..", "..serve.model..", "..serve.ask..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.vertx..", "io.netty..");

    @ArchTest
    static final ArchRule onlyMainEndsTheProcess = noClasses()
            .that()
            .doNotHaveFullyQualifiedName(Main.class.getName())
            .should()
            .callMethod(System.class, "exit", int.class)
            .orShould()
            .callMethod(Runtime.class, "exit", int.class)
            .orShould()
            .callMethod(Runtime.class, "halt", int.class);
}
