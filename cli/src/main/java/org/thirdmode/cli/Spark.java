package org.thirdmode.cli;

import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.thirdmode.lab.sweep.Workers;

/**
 * Sweeps on Apache Spark. It wants options of the Java virtual machine and its libraries beside ours, so the command is started
 * once more, in a process that has both.
 */
final class Spark {
    /** Says that this is that process, and names the jars that a cluster's workers need. */
    private static final String READY = "thirdmode.spark";

    private static final String WORKERS = "org.thirdmode.spark.SparkWorkers";

    /** What Spark reaches into: its launcher's JavaModuleOptions. */
    private static final List<String> OPENED = List.of(
            "java.base/java.lang",
            "java.base/java.lang.invoke",
            "java.base/java.lang.reflect",
            "java.base/java.io",
            "java.base/java.net",
            "java.base/java.nio",
            "java.base/java.util",
            "java.base/java.util.concurrent",
            "java.base/java.util.concurrent.atomic",
            "java.base/jdk.internal.ref",
            "java.base/sun.nio.ch",
            "java.base/sun.nio.cs",
            "java.base/sun.util.calendar");

    private Spark() {}

    /** Whether this process has Spark. */
    static boolean ready() {
        return System.getProperty(READY) != null;
    }

    /** The workers of a cluster; where {@link #ready}. */
    static Workers workers(String master) {
        String needed = master.startsWith("local") ? "" : System.getProperty(READY);
        List<String> jars = Stream.of(needed.split(File.pathSeparator))
                .filter(jar -> jar.endsWith(".jar"))
                .toList();
        try {
            return (Workers) Class.forName(WORKERS)
                    .getConstructor(String.class, List.class)
                    .newInstance(master, jars);
        } catch (InvocationTargetException e) {
            throw new UserError("--spark " + master + ": " + e.getCause().getMessage());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("sweep-spark is not as it was: " + e, e);
        }
    }

    /** Starts the same command in a process that has Spark. Returns its exit status. */
    static int startAgain(PrintStream err, List<String> arguments) throws IOException, InterruptedException {
        List<Path> jars = Extra.SPARK.jars(err);
        Path own = own(jars);
        String ours = System.getProperty("java.class.path");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-XX:+UseParallelGC");
        command.add("-Xmx1g");
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("--sun-misc-unsafe-memory-access=allow");
        command.add("-Dslf4j.internal.verbosity=ERROR");
        OPENED.forEach(each -> {
            command.add("--add-opens");
            command.add(each + "=ALL-UNNAMED");
        });
        command.add("-Dthirdmode.root=" + System.getProperty("thirdmode.root"));
        command.add("-D" + READY + "=" + ours + File.pathSeparator + own);
        command.add("-cp");
        command.add(ours
                + File.pathSeparator
                + own
                + File.pathSeparator
                + jars.getFirst().resolveSibling("*"));
        command.add(Thirdmode.class.getName());
        command.addAll(arguments);
        Process process = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            process.destroy();
            process.waitFor();
            throw e;
        }
    }

    /** Our own part, compiled against Spark: a jar, since that is what workers are sent. */
    private static Path own(List<Path> jars) throws IOException {
        Path folder = jars.getFirst().getParent();
        // Not beside Spark's: what executors load by themselves does not see what they are sent.
        Path classes = folder.resolve("own");
        Path jar = folder.resolve("sent").resolve("own.jar");
        Files.createDirectories(jar.getParent());
        Path source = Path.of(System.getProperty("thirdmode.root"), "sweep-spark", "src", "main", "java");
        Path file = source.resolve(WORKERS.replace('.', '/') + ".java");
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        if (compiler == null) {
            throw new UserError("--spark: compiles its part for Spark, and this Java has no compiler: use a JDK");
        }
        Files.createDirectories(classes);
        String path = Stream.concat(
                        Stream.of(System.getProperty("java.class.path")),
                        jars.stream().map(Path::toString))
                .collect(Collectors.joining(File.pathSeparator));
        int status = compiler.run(null, null, null, "-nowarn", "-d", classes.toString(), "-cp", path, file.toString());
        if (status != 0) {
            throw new IllegalStateException("sweep-spark does not compile");
        }
        Archive.write(jar, classes);
        return jar;
    }
}
