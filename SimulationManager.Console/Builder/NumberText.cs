using System.Globalization;

namespace SimulationManager.Console.Builder;

/// <summary>A number as it is typed; limits are those of the API.</summary>
/// <param name="least">The smallest that is allowed.</param>
/// <param name="most">The greatest that is allowed.</param>
public sealed class NumberText(decimal least, decimal most)
{
    private const NumberStyles Style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent | NumberStyles.AllowLeadingSign;

    public string Text { get; set; } = "";

    public decimal Least => least;

    public decimal Most => most;

    public bool IsWhole { get; init; }

    /// <summary>Whether it must not be left blank.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Null while it is blank or not valid.</summary>
    public decimal? Value => decimal.TryParse(Text, Style, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most && (!IsWhole || decimal.IsInteger(value)) ? value : null;

    public bool IsValid => Text.Length == 0 ? !IsRequired : Value is not null;

    public double? AsDouble => Value is null ? null : double.Parse(Text, Style, CultureInfo.InvariantCulture);

    public int? AsInt => (int?)Value;

    public long? AsLong => (long?)Value;

    /// <summary>A number that must be given.</summary>
    public static NumberText Required(decimal least, decimal most, string text) => new(least, most) { Text = text, IsRequired = true };

    /// <summary>A whole number that must be given.</summary>
    public static NumberText RequiredWhole(decimal least, decimal most, string text) => new(least, most) { Text = text, IsRequired = true, IsWhole = true };

    public void Set(double? value) => Text = value?.ToString(CultureInfo.InvariantCulture) ?? "";

    public void Set(long? value) => Text = value?.ToString(CultureInfo.InvariantCulture) ?? "";
}
