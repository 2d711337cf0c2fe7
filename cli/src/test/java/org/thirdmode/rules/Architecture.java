package org.thirdmode.rules;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The lines that the Maven graph cannot hold. */
class Architecture {
    private static final String[] MODELS = {
        "org.thirdmode.x86..", "org.thirdmode.npt..", "org.thirdmode.vmx..", "org.thirdmode.svm..",
        "org.thirdmode.pc..", "org.thirdmode.shadow..", "org.thirdmode.cost..", "org.thirdmode.kvm.."
    };

    private static JavaClasses project;

    @BeforeAll
    static void read() {
        project = new ClassFileImporter().importPaths(ProjectClasses.folders());
    }

    @Test
    void everyClassIsUnderTheProjectsPackage() {
        check(classes().should().resideInAPackage("org.thirdmode.."));
    }

    @Test
    void theHardwareKnowsNoBoardAndNoHypervisor() {
        check(noClasses()
                .that()
                .resideInAnyPackage(
                        "org.thirdmode.x86..", "org.thirdmode.npt..", "org.thirdmode.vmx..", "org.thirdmode.svm..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "org.thirdmode.pc..", "org.thirdmode.shadow..", "org.thirdmode.kvm..", "org.thirdmode.cli.."));
    }

    @Test
    void intelAndAmdNeverSeeEachOther() {
        check(noClasses()
                .that(resideInAPackage("org.thirdmode.vmx.."))
                .should()
                .dependOnClassesThat(resideInAPackage("org.thirdmode.svm..")));
        check(noClasses()
                .that(resideInAPackage("org.thirdmode.svm.."))
                .should()
                .dependOnClassesThat(resideInAPackage("org.thirdmode.vmx..")));
    }

    @Test
    void memoryTimeAndBusesKnowNoProcessor() {
        check(noClasses()
                .that()
                .resideInAnyPackage("org.thirdmode.x86.memory..", "org.thirdmode.x86.time..", "org.thirdmode.x86.bus..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "org.thirdmode.x86.decode..",
                        "org.thirdmode.x86.exec..",
                        "org.thirdmode.x86.paging..",
                        "org.thirdmode.x86.state.."));
    }

    @Test
    void thePackagesOfAModuleHaveNoCycles() {
        check(slices().matching("org.thirdmode.(*).(*)..")
                .should()
                .beFreeOfCycles()
                // The processor owns the floating-point state, saves it, and installs the groups that work on it.
                .ignoreDependency(
                        resideInAPackage("org.thirdmode.x86.exec.."), resideInAPackage("org.thirdmode.x86.fp")));
    }

    @Test
    void theHotPathsDoNotLeanOnTheReadableSpecification() {
        check(noClasses()
                .that()
                .resideOutsideOfPackages("..spec..")
                .and()
                .resideInAnyPackage(MODELS)
                .should()
                .dependOnClassesThat(resideInAPackage("..spec..")));
    }

    @Test
    void aRunIsAFunctionOfItsInputs() {
        ArchRule noWallClock = noClasses()
                .that()
                .resideInAnyPackage(MODELS)
                .should()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(Math.class, "random")
                .orShould()
                .callConstructor(Random.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(ThreadLocalRandom.class)
                .orShould()
                .dependOnClassesThat()
                .haveNameMatching("java\\.time\\..*Clock|java\\.security\\.SecureRandom|java\\.util\\.UUID");
        check(noWallClock);
    }

    @Test
    void noModelHasMutableStatics() {
        check(fields().that()
                .areDeclaredInClassesThat()
                .resideInAnyPackage(MODELS)
                .and()
                .areStatic()
                .should()
                .beFinal());
    }

    @Test
    void noModelPrintsOrEndsTheProgram() {
        check(noClasses()
                .that()
                .resideInAnyPackage(MODELS)
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .orShould()
                .callMethod(System.class, "exit", int.class));
    }

    /** A rule also holds where the module it is about is not written yet. */
    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(project);
    }
}
