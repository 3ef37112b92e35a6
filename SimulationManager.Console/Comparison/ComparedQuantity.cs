using SimulationManager.Console.Components;

namespace SimulationManager.Console.Comparison;

/// <summary>One quantity of two runs.</summary>
/// <param name="Name">In the page's language.</param>
/// <param name="First">Of the first run; null: not known.</param>
/// <param name="Second">Of the second run; null: not known.</param>
/// <param name="Format">Writes a value with its unit.</param>
public sealed record ComparedQuantity(string Name, double? First, double? Second, Func<double, string> Format)
{
    private const string Unknown = "–";
    private const char Minus = '\u2212';

    public string FirstText => First is { } value ? Format(value) : Unknown;

    public string SecondText => Second is { } value ? Format(value) : Unknown;

    /// <summary>By how much the second is more than the first.</summary>
    public string Difference => Second - First is { } difference ? Signed(difference, Format) : Unknown;

    /// <summary>The same in percent of the first; unknown where that is 0.</summary>
    public string Percent => Second - First is { } difference && First is { } first && first != 0 ? Signed(100 * difference / first, Quantities.Percent) : Unknown;

    private static string Signed(double value, Func<double, string> format) => value switch
    {
        > 0 => $"+{format(value)}",
        < 0 => $"{Minus}{format(-value)}",
        _ => format(0),
    };
}
