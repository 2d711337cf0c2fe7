package org.thirdmode.testkit.mutation;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * Makes {@code docs/mutation.md} of PIT's report: the score of each package, and each mutant that no guest noticed with the reason
 * that {@code reasons.tsv} has for it. There a line is a class, a method, what PIT says of the change (each may be {@code *}),
 * and the reason; the first that fits is taken.
 */
final class MutationTable {
    private static final String NONE = "**none yet**";

    private MutationTable() {}

    /** A mutant, as PIT's report has it. */
    private record Mutant(String type, String method, int line, String change, String status) {
        static Mutant of(Element element) {
            String change = text(element, "description")
                    .replaceAll("[a-z0-9]+/[a-zA-Z0-9/$]+::", "")
                    .replaceAll(" for .*", "");
            return new Mutant(
                    text(element, "mutatedClass"),
                    text(element, "mutatedMethod"),
                    Integer.parseInt(text(element, "lineNumber")),
                    change,
                    element.getAttribute("status"));
        }

        private static String text(Element element, String name) {
            return element.getElementsByTagName(name).item(0).getTextContent();
        }

        String packageName() {
            return type.substring(0, type.lastIndexOf('.'));
        }

        /** Without its package, and without the names that the compiler gives. */
        String simpleType() {
            return type.substring(type.lastIndexOf('.') + 1).replace('$', '.');
        }

        boolean survived() {
            return status.equals("SURVIVED");
        }

        boolean reached() {
            return !status.equals("NO_COVERAGE");
        }
    }

    /** A line of {@code reasons.tsv}. */
    private record Reason(String type, String method, String change, String why) {
        boolean fits(Mutant mutant) {
            return fits(type, mutant.simpleType())
                    && fits(method, mutant.method)
                    && (fits(change, mutant.change) || mutant.change.startsWith(change));
        }

        private static boolean fits(String pattern, String value) {
            return pattern.equals("*") || pattern.equals(value);
        }
    }

    /** The report, and the document to write. */
    public static void main(String[] arguments) throws IOException {
        List<Mutant> mutants = read(Path.of(arguments[0]));
        List<Reason> reasons = reasons();
        String document = document(mutants, reasons);
        Files.writeString(Path.of(arguments[1]), document);
        System.out.println(arguments[1] + ": " + mutants.size() + " mutants, "
                + document.lines().filter(line -> line.contains(NONE)).count() + " without a reason");
    }

    private static List<Mutant> read(Path report) throws IOException {
        List<Mutant> mutants = new ArrayList<>();
        try (InputStream in = Files.newInputStream(report)) {
            NodeList elements = DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(in)
                    .getElementsByTagName("mutation");
            for (int n = 0; n < elements.getLength(); n++) {
                mutants.add(Mutant.of((Element) elements.item(n)));
            }
        } catch (ParserConfigurationException | SAXException e) {
            throw new IOException(report + " is no report of PIT's: " + e.getMessage(), e);
        }
        return mutants;
    }

    private static List<Reason> reasons() throws IOException {
        try (InputStream in = MutationTable.class.getResourceAsStream("reasons.tsv")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .skip(1)
                    .map(line -> line.split("\t", -1))
                    .map(cells -> new Reason(cells[0], cells[1], cells[2], cells[3]))
                    .toList();
        }
    }

    private static String document(List<Mutant> mutants, List<Reason> reasons) throws IOException {
        StringBuilder text = new StringBuilder();
        try (InputStream in = MutationTable.class.getResourceAsStream("head.md")) {
            text.append(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
        text.append(
                "\n## Score\n\n| package | mutants | noticed | survived | not reached | score |\n|---|---|---|---|---|---|\n");
        Map<String, List<Mutant>> packages = new TreeMap<>();
        mutants.forEach(m -> packages.computeIfAbsent(m.packageName(), p -> new ArrayList<>())
                .add(m));
        packages.forEach((name, list) -> text.append(score("`" + name + "`", list)));
        text.append(score("all", mutants));
        text.append("\n## What was not noticed\n\n");
        text.append("| mutants | class | method | line | change | reason |\n|---|---|---|---|---|---|\n");
        Map<String, Long> lines = mutants.stream()
                .filter(m -> m.survived() || !m.reached())
                .sorted(Comparator.comparing(Mutant::type).thenComparing(Mutant::line))
                .map(m -> line(m, reasons))
                .collect(Collectors.groupingBy(l -> l, LinkedHashMap::new, Collectors.counting()));
        // Several of a line, say one for each of its conditions, are one row.
        lines.forEach((line, count) -> text.append(String.format("| %d %s", count, line)));
        return text.toString();
    }

    private static String score(String name, List<Mutant> mutants) {
        long survived = mutants.stream().filter(Mutant::survived).count();
        long missed = mutants.stream().filter(m -> !m.reached()).count();
        long noticed = mutants.size() - survived - missed;
        return String.format(
                "| %s | %d | %d | %d | %d | %d %% |%n",
                name, mutants.size(), noticed, survived, missed, Math.round(100.0 * noticed / mutants.size()));
    }

    private static String line(Mutant mutant, List<Reason> reasons) {
        String why = reasons.stream()
                .filter(r -> r.fits(mutant))
                .map(Reason::why)
                .findFirst()
                .orElse(NONE);
        return String.format(
                "| %s | %s | %d | %s%s | %s |%n",
                mutant.simpleType(),
                mutant.method.replace("<init>", "constructor"),
                mutant.line,
                mutant.change,
                mutant.reached() ? "" : " (not reached)",
                why);
    }
}
