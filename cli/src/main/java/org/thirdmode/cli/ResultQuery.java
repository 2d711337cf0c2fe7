package org.thirdmode.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.sql.Driver;
import java.sql.SQLException;
import java.util.List;
import org.thirdmode.cost.data.DataException;
import org.thirdmode.lab.sweep.ResultDatabase;

/** Result files by way of DuckDB, which is fetched when it is first needed. */
final class ResultQuery {
    private ResultQuery() {}

    /** What is done with a database. */
    @FunctionalInterface
    interface Use {
        void with(ResultDatabase database) throws DataException, IOException, SQLException;
    }

    static void use(PrintStream err, Use use) throws DataException, IOException {
        List<Path> jars = Extra.DUCKDB.jars(err);
        URL[] urls = new URL[jars.size()];
        try {
            for (int n = 0; n < urls.length; n++) {
                urls[n] = jars.get(n).toUri().toURL();
            }
        } catch (MalformedURLException e) {
            throw new IllegalStateException(e);
        }
        try (URLClassLoader loader = new URLClassLoader(urls, ResultQuery.class.getClassLoader())) {
            Driver driver = (Driver)
                    loader.loadClass(ResultDatabase.DRIVER).getConstructor().newInstance();
            try (ResultDatabase database = new ResultDatabase(driver)) {
                use.with(database);
            }
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("DuckDB is not as it was: " + e, e);
        } catch (SQLException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** Prints the answer to a question about a result file. */
    static void answer(PrintStream err, PrintWriter out, Path file, String sql) throws DataException, IOException {
        use(err, database -> {
            ResultDatabase.Answer answer = database.ask(file, sql);
            TextTable.print(out, answer.heading(), answer.rows());
            out.flush();
        });
    }
}
