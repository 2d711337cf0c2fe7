package org.thirdmode.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The script {@code thirdmode}, in a project of its own whose JDKs and Maven only tell how they were called. */
@DisabledOnOs(OS.WINDOWS)
class Launcher {
    private static final String JAVA =
            "#!/bin/sh\necho \"java ${0%/bin/java}\"\nfor a in \"$@\"; do echo \"[$a]\"; done\n";
    private static final String MAVEN =
            "#!/bin/sh\necho '[INFO] Building Thirdmode :: the board 0.1 [1/1]'\nmkdir -p cli/target/launcher/lib\n";

    @TempDir
    private Path folder;

    private Path project;
    private Path jdk;
    private Path bin;

    @BeforeEach
    void aProjectThatIsBuilt() throws IOException {
        project = Files.createDirectories(folder.resolve("a project"));
        Files.copy(Path.of(System.getProperty("thirdmode.root"), "thirdmode"), project.resolve("thirdmode"));
        Files.createDirectories(project.resolve("cli/src/main"));
        Files.writeString(project.resolve("pom.xml"), "");
        Files.createDirectories(project.resolve("cli/target/launcher/lib"));
        Path stamp = Files.writeString(project.resolve("cli/target/launcher/stamp"), "");
        Files.setLastModifiedTime(stamp, FileTime.fromMillis(System.currentTimeMillis() + TimeUnit.HOURS.toMillis(1)));
        jdk = jdk("jdk of 25", "25.0.1");
        bin = Files.createDirectories(folder.resolve("bin"));
        for (String tool : List.of("sh", "find", "head", "readlink", "mkdir", "rm", "mv", "tee")) {
            program(bin.resolve(tool), "#!/bin/sh\nexec " + found(tool) + " \"$@\"\n");
        }
    }

    @Test
    void argumentsArriveExactly() throws Exception {
        Run run =
                launch(Map.of("JAVA_HOME", jdk.toString()), "a b", "", "$HOME", "*", "\"q\"", "'", "\\", "@x", "a\nb");
        assertEquals(0, run.status(), run.err());
        String expected = "[org.thirdmode.cli.Thirdmode]\n[a b]\n[]\n[$HOME]\n[*]\n[\"q\"]\n[']\n[\\]\n[@x]\n[a\nb]\n";
        assertTrue(run.out().endsWith(expected), run.out());
        assertEquals("", run.err());
    }

    @Test
    void theClassPathSurvivesABlankInThePath() throws Exception {
        Run run = launch(Map.of("JAVA_HOME", jdk.toString()));
        Path real = project.toRealPath();
        assertTrue(run.out().contains("[" + real + "/cli/target/launcher/lib/*]\n"), run.out());
    }

    @Test
    void aSymbolicLinkToTheScriptFindsItsProject() throws Exception {
        Path link = Files.createSymbolicLink(bin.resolve("tm"), Path.of("../a project/thirdmode"));
        Run run = launchBy(link, Map.of("JAVA_HOME", jdk.toString()));
        assertEquals(0, run.status(), run.err());
        assertTrue(run.out().contains(project.toRealPath() + "/cli/target/launcher/lib"), run.out());
    }

    @Test
    void aJavaHomeThatIsTooOldIsPassedOverForTheJavaOnThePath() throws Exception {
        Files.createSymbolicLink(bin.resolve("java"), jdk.resolve("bin/java"));
        Run run = launch(Map.of("JAVA_HOME", jdk("old", "17.0.15").toString()));
        assertTrue(run.out().startsWith("java " + jdk.toRealPath() + "\n"), run.out() + run.err());
    }

    @Test
    void aJavaHomeThatIsNewerThanNeededIsTaken() throws Exception {
        Path newer = jdk("newer", "31-ea");
        Run run = launch(Map.of("JAVA_HOME", newer.toString()));
        assertTrue(run.out().startsWith("java " + newer + "\n"), run.out() + run.err());
    }

    @Test
    void javaOptionsComeBeforeTheClassPath() throws Exception {
        Run run = launch(Map.of("JAVA_HOME", jdk.toString(), "THIRDMODE_JAVA_OPTIONS", "-Xmx8g -ea"));
        assertTrue(run.out().contains("[-Xmx8g]\n[-ea]\n[-cp]\n"), run.out());
    }

    @Test
    void aNewerSourceIsBuiltWithProgressOnStandardErrorOnly() throws Exception {
        program(bin.resolve("mvn"), MAVEN);
        sourceChanged();
        Run run = launch(Map.of("JAVA_HOME", jdk.toString()), "run");
        assertEquals(0, run.status(), run.err());
        assertEquals(
                "thirdmode: first use; without the libraries in ~/.m2 the build takes a minute or two\n"
                        + "thirdmode: building the board\n",
                run.err());
        assertTrue(run.out().startsWith("java "), run.out());
        assertEquals("", launch(Map.of("JAVA_HOME", jdk.toString())).err(), "built again without need");
    }

    @Test
    void aBuildThatFailsTellsTheErrorAndTheLogAndIsTriedAgain() throws Exception {
        program(bin.resolve("mvn"), "#!/bin/sh\necho '[ERROR] Cpu.java:[1,1] error: no'\nexit 1\n");
        sourceChanged();
        for (int time = 0; time < 2; time++) {
            Run run = launch(Map.of("JAVA_HOME", jdk.toString()), "run");
            assertEquals(2, run.status());
            assertEquals("", run.out());
            assertTrue(run.err().contains("[ERROR] Cpu.java:[1,1] error: no\n"), run.err());
            assertTrue(run.err().contains("thirdmode: the build failed; the whole log is in "), run.err());
        }
    }

    @Test
    void withoutMavenOneLineTellsWhatToInstall() throws Exception {
        sourceChanged();
        Run run = launch(Map.of("JAVA_HOME", jdk.toString()), "run");
        assertEquals(2, run.status());
        assertTrue(run.err().startsWith("thirdmode: needs Maven to build itself"), run.err());
        assertEquals(1, run.err().lines().count(), run.err());
        assertFalse(Files.exists(project.resolve("cli/target/launcher/stamp.new")));
    }

    private void sourceChanged() throws IOException {
        Files.setLastModifiedTime(project.resolve("cli/target/launcher/stamp"), FileTime.fromMillis(0));
    }

    /** A JDK as the launcher recognizes one: a release file, a javac, and a java that shows its arguments. */
    private Path jdk(String name, String version) throws IOException {
        Path home = folder.toRealPath().resolve(name);
        Files.createDirectories(home.resolve("bin"));
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        program(home.resolve("bin/javac"), "#!/bin/sh\n");
        program(home.resolve("bin/java"), JAVA);
        return home;
    }

    private static void program(Path file, String text) throws IOException {
        Files.writeString(file, text);
        assertTrue(file.toFile().setExecutable(true));
    }

    private static Path found(String tool) {
        return List.of("/usr/bin", "/bin").stream()
                .map(folder -> Path.of(folder, tool))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow();
    }

    private Run launch(Map<String, String> environment, String... arguments) throws Exception {
        return launchBy(project.resolve("thirdmode"), environment, arguments);
    }

    private Run launchBy(Path script, Map<String, String> environment, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("/bin/sh", script.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", bin.toString());
        builder.environment().putAll(environment);
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        Process process =
                builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        process.getOutputStream().close();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "the launcher hangs");
        return new Run(
                process.exitValue(),
                Files.readString(out, StandardCharsets.UTF_8),
                Files.readString(err, StandardCharsets.UTF_8));
    }

    private record Run(int status, String out, String err) {}
}
