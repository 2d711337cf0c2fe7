package org.thirdmode.papers;

import java.awt.Color;
import java.awt.geom.Rectangle2D;
import java.util.List;
import org.jfree.chart.ChartFactory;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.axis.LogarithmicAxis;
import org.jfree.chart.plot.CategoryPlot;
import org.jfree.chart.plot.PlotOrientation;
import org.jfree.chart.renderer.category.BarRenderer;
import org.jfree.chart.renderer.category.StandardBarPainter;
import org.jfree.data.category.DefaultCategoryDataset;
import org.jfree.svg.SVGGraphics2D;

/** Theirs and ours side by side, as SVG; of a paper that measured nothing, what the model did. Figures of one paper lie far apart, so the axis is logarithmic. */
public final class Chart {
    private static final int WIDTH = 960;
    private static final int HEIGHT_OF_ROW = 36;
    private static final int HEIGHT_OF_REST = 140;

    /** How much of the width the claims' words may take. */
    private static final float WORDS = 0.5f;

    private Chart() {}

    /** The chart of the rows that were run. */
    public static String svg(Result result) {
        DefaultCategoryDataset data = theirsAndOurs(result);
        if (data.getColumnCount() == 0) {
            data = ours(result.more());
        }
        JFreeChart chart = ChartFactory.createBarChart(
                result.claims().title(), null, null, data, PlotOrientation.HORIZONTAL, true, false, false);
        CategoryPlot plot = chart.getCategoryPlot();
        LogarithmicAxis axis = new LogarithmicAxis("");
        axis.setAllowNegativesFlag(true);
        plot.setRangeAxis(axis);
        plot.setBackgroundPaint(Color.WHITE);
        plot.setRangeGridlinePaint(Color.LIGHT_GRAY);
        plot.getDomainAxis().setMaximumCategoryLabelWidthRatio(WORDS);
        plot.getDomainAxis().setMaximumCategoryLabelLines(2);
        BarRenderer renderer = (BarRenderer) plot.getRenderer();
        renderer.setBarPainter(new StandardBarPainter());
        renderer.setShadowVisible(false);
        renderer.setSeriesPaint(0, new Color(0x44, 0x77, 0xaa));
        renderer.setSeriesPaint(1, new Color(0xee, 0x88, 0x33));
        int height = HEIGHT_OF_REST + (data.getColumnCount() * HEIGHT_OF_ROW);
        SVGGraphics2D svg = new SVGGraphics2D(WIDTH, height);
        // Without it the identifiers in the file would differ from run to run.
        svg.setDefsKeyPrefix(result.folder());
        chart.draw(svg, new Rectangle2D.Double(0, 0, WIDTH, height));
        return svg.getSVGDocument();
    }

    private static DefaultCategoryDataset theirsAndOurs(Result result) {
        DefaultCategoryDataset data = new DefaultCategoryDataset();
        for (Row row : result.rows()) {
            if (row.ours().isPresent()) {
                String name = row.claim().what() + " [" + row.claim().unit() + "]";
                data.addValue(row.claim().value(), "theirs", name);
                data.addValue(row.ours().getAsDouble(), "ours", name);
            }
        }
        return data;
    }

    private static DefaultCategoryDataset ours(MoreRows more) {
        DefaultCategoryDataset data = new DefaultCategoryDataset();
        for (List<String> row : more.rows()) {
            String name = String.join(", ", row.subList(0, more.named()));
            for (int column : more.charted()) {
                double value = Double.parseDouble(row.get(column).replace(",", ""));
                data.addValue(value, more.heading().get(column), name);
            }
        }
        return data;
    }
}
