package org.thirdmode.spark;

import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import java.util.Objects;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.thirdmode.lab.sweep.RunSpec;
import org.thirdmode.lab.sweep.RunText;
import org.thirdmode.lab.sweep.Workers;
import scala.collection.Iterator;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction1;
import scala.runtime.AbstractFunction2;
import scala.runtime.BoxedUnit;

/**
 * The workers of a cluster: one job, a partition a run. What becomes of a run whose worker is gone is Spark's affair: it is given
 * to another one.
 */
public final class SparkWorkers implements Workers {
    private final String master;
    private final String[] jars;

    /**
     * Workers of a cluster.
     *
     * @param master as Spark writes it: {@code local[2]}, {@code spark://HOST:PORT}
     * @param jars what its workers need of this program; none where they are threads of this process
     */
    public SparkWorkers(String master, List<String> jars) {
        this.master = master;
        this.jars = jars.toArray(String[]::new);
    }

    @Override
    public void execute(List<RunSpec> runs, long budget, Sink sink) throws IOException, InterruptedException {
        if (runs.isEmpty()) {
            return;
        }
        SparkConf conf = new SparkConf()
                .setMaster(master)
                .setAppName("thirdmode sweep")
                .setJars(jars)
                .set("spark.ui.enabled", "false");
        Finished finished = new Finished(sink);
        try (JavaSparkContext context = new JavaSparkContext(conf)) {
            List<String> texts = runs.stream().map(RunText::of).toList();
            context.sc()
                    .runJob(
                            context.parallelize(texts, texts.size()).rdd(),
                            new Execute(budget),
                            finished,
                            ClassTag$.MODULE$.apply(String.class));
        } catch (Exception e) {
            // Scala declares no exceptions: this may be any.
            if (e instanceof InterruptedException interrupted) {
                throw interrupted;
            }
            if (finished.failure != null) {
                throw finished.failure;
            }
            String message = Objects.requireNonNullElse(e.getMessage(), e.toString());
            throw new IOException(
                    "--spark " + master + ": " + message.lines().findFirst().orElse(""), e);
        }
        if (finished.failure != null) {
            throw finished.failure;
        }
    }

    /** What a worker does with a partition. */
    private static final class Execute extends AbstractFunction1<Iterator<String>, String> implements Serializable {
        private static final long serialVersionUID = 1;

        private final long budget;

        Execute(long budget) {
            this.budget = budget;
        }

        @Override
        public String apply(Iterator<String> runs) {
            return RunText.execute(runs.next(), budget);
        }
    }

    /** Takes results as they come. */
    private static final class Finished extends AbstractFunction2<Object, String, BoxedUnit> {
        private final Sink sink;
        private volatile IOException failure;

        Finished(Sink sink) {
            this.sink = sink;
        }

        @Override
        public BoxedUnit apply(Object number, String result) {
            try {
                if (failure == null) {
                    sink.finished((Integer) number, RunText.result(result));
                }
            } catch (IOException e) {
                failure = e;
            }
            return BoxedUnit.UNIT;
        }
    }
}
