package org.thirdmode.papers;

import java.awt.Color;
import java.awt.geom.Rectangle2D;
import org.jfree.chart.ChartFactory;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.axis.LogarithmicAxis;
import org.jfree.chart.plot.CategoryPlot;
import org.jfree.chart.plot.PlotOrientation;
import org.jfree.chart.renderer.category.BarRenderer;
import org.jfree.chart.renderer.category.StandardBarPainter;
import org.jfree.data.category.DefaultCategoryDataset;
import org.jfree.svg.SVGGraphics2D;

/** Theirs and ours side by side, as SVG. Figures of one paper lie far apart, so the axis is logarithmic. */
public final class Chart {
    private static final int WIDTH = 960;
    private static final int HEIGHT_OF_ROW = 36;
    private static final int HEIGHT_OF_REST = 140;

    /** How much of the width the claims' words may take. */
    private static final float WORDS = 0.5f;

    private Chart() {}

    /** The chart of the rows that were run. */
    public static String svg(Result result) {
        DefaultCategoryDataset data = new DefaultCategoryDataset();
        for (Row row : result.rows()) {
            if (row.ours().isPresent()) {
                String name = row.claim().what() + " [" + row.claim().unit() + "]";
                data.addValue(row.claim().value(), "theirs", name);
                data.addValue(row.ours().getAsDouble(), "ours", name);
            }
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
}
