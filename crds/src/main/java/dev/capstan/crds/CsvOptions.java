package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.IntOrString;
import java.util.List;

/** How CSV files are laid out, and what the network takes of them. */
@ValidationRule(
        value = "!has(self.targetColumns) || !has(self.labelColumn)",
        message =
                "targetColumns have numbers to predict and labelColumn has a class to tell: set targetColumns or labelColumn, not both",
        fieldPath = ".targetColumns")
@ValidationRule(
        value = "!has(self.targetColumns) || !has(self.labels)",
        message = "labels says what stands in labelColumn, and targetColumns have numbers: remove labels",
        fieldPath = ".labels")
public class CsvOptions extends Block {
    public static final boolean DEFAULT_HEADER = false;
    public static final int DEFAULT_LABEL_COLUMN = -1;
    public static final Delimiter DEFAULT_DELIMITER = Delimiter.COMMA;
    public static final CsvLabels DEFAULT_LABELS = CsvLabels.NUMBERS;
    public static final boolean DEFAULT_STANDARDIZE = false;

    @JsonPropertyDescription(
            "header says whether the first line of each file names the columns and is no sample. Default: "
                    + DEFAULT_HEADER + ".")
    private Boolean header;

    @JsonPropertyDescription(
            "delimiter is the character between two columns: a comma, a semicolon, a tab (\"\\t\") or a vertical bar. Default: a comma.")
    private Delimiter delimiter;

    @JsonPropertyDescription(
            "labelColumn is the column that holds the class: its name in the header, or its index. The first column is 0; a negative index counts from the end, and -1 is the last. Default: "
                    + DEFAULT_LABEL_COLUMN + ".")
    private IntOrString labelColumn;

    @JsonPropertyDescription(
            "labels says what stands in labelColumn. numbers: whole numbers from 0 on. names: whatever is there is the name of a class; classes are ordered by their numbers if all are whole numbers, or else by the alphabet. Default: numbers.")
    private CsvLabels labels;

    @JsonPropertyDescription(
            "columns are those that the network takes, in this order: each by its name in the header, or by its index as in labelColumn. Default: all but labelColumn or targetColumns; in data.test with a header, those of data.train, by their names.")
    @Size(min = 1, max = 4096)
    private List<IntOrString> columns;

    @JsonPropertyDescription(
            "targetColumns have the numbers that the network is to predict, one for each unit of the output layer, instead of a class: each by its name in the header, or by its index as in labelColumn. Default: none, and labelColumn has a class.")
    @Size(min = 1, max = 64)
    private List<IntOrString> targetColumns;

    @JsonPropertyDescription(
            "standardize says whether the network takes each column less its mean and divided by its standard deviation, and learns targetColumns so. Both are those of data.train, and part of the model: who asks it gives and gets the numbers as they are. Default: "
                    + DEFAULT_STANDARDIZE + ".")
    private Boolean standardize;

    /** Whether the first line names the columns, or null. */
    public Boolean getHeader() {
        return header;
    }

    public CsvOptions setHeader(Boolean header) {
        this.header = header;
        return this;
    }

    /** Whether the first line names the columns. */
    public boolean header() {
        return header == null ? DEFAULT_HEADER : header;
    }

    /** What lies between columns, or null. */
    public Delimiter getDelimiter() {
        return delimiter;
    }

    public CsvOptions setDelimiter(Delimiter delimiter) {
        this.delimiter = delimiter;
        return this;
    }

    /** What lies between columns. */
    public Delimiter delimiter() {
        return delimiter == null ? DEFAULT_DELIMITER : delimiter;
    }

    /** Name or index of the column with the class, or null. */
    public IntOrString getLabelColumn() {
        return labelColumn;
    }

    public CsvOptions setLabelColumn(IntOrString labelColumn) {
        this.labelColumn = labelColumn;
        return this;
    }

    /** Name or index of the column with the class; the index is negative from the end. */
    public IntOrString labelColumn() {
        return labelColumn == null ? new IntOrString(DEFAULT_LABEL_COLUMN) : labelColumn;
    }

    /** What stands in the column with the class, or null. */
    public CsvLabels getLabels() {
        return labels;
    }

    public CsvOptions setLabels(CsvLabels labels) {
        this.labels = labels;
        return this;
    }

    /** What stands in the column with the class. */
    public CsvLabels labels() {
        return labels == null ? DEFAULT_LABELS : labels;
    }

    /** What the network takes, or null for all that is left. */
    public List<IntOrString> getColumns() {
        return columns;
    }

    public CsvOptions setColumns(List<IntOrString> columns) {
        this.columns = columns;
        return this;
    }

    /** What the network is to predict, or null if it tells classes apart. */
    public List<IntOrString> getTargetColumns() {
        return targetColumns;
    }

    public CsvOptions setTargetColumns(List<IntOrString> targetColumns) {
        this.targetColumns = targetColumns;
        return this;
    }

    /** Whether columns are standardized, or null. */
    public Boolean getStandardize() {
        return standardize;
    }

    public CsvOptions setStandardize(Boolean standardize) {
        this.standardize = standardize;
        return this;
    }

    /** Whether columns are standardized. */
    public boolean standardize() {
        return standardize == null ? DEFAULT_STANDARDIZE : standardize;
    }
}
