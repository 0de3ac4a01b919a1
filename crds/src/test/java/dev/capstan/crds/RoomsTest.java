package dev.capstan.crds;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.fabric8.kubernetes.client.CustomResource;

/** The rules of the kinds: each has a package of its own, and what kinds share lies in the root. */
@AnalyzeClasses(packages = "dev.capstan.crds", importOptions = ImportOption.DoNotIncludeTests.class)
class RoomsTest {
    private static final String ROOT = "dev.capstan.crds";

    @ArchTest
    static final ArchRule whatKindsShareSeesNoKind = noClasses()
            .that()
            .resideInAPackage(ROOT)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(ROOT + ".*..");

    @ArchTest
    static final ArchRule noKindSeesAnother =
            slices().matching(ROOT + ".(*)..").should().notDependOnEachOther();

    @ArchTest
    static final ArchRule noCycles =
            slices().matching("dev.capstan.(**)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule kindsSeeModelsAlone = classes()
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(
                            "java..",
                            ROOT + "..",
                            "com.fasterxml.jackson..",
                            "io.fabric8.generator.annotation..",
                            "io.fabric8.kubernetes.model.annotation..")
                    .or(resideInAPackage("io.fabric8.kubernetes.api.model.."))
                    .or(type(CustomResource.class)));
}
