using Microsoft.Extensions.Localization;
using SimulationManager.Console.Texts;

namespace SimulationManager.Console.Builder;

/// <summary>What is wrong with what was typed; null: nothing.</summary>
internal static class FieldErrors
{
    public static string? ErrorOf(this IStringLocalizer<ConsoleTexts> text, NumberText number) =>
        number.IsValid ? null
        : !number.IsWhole ? text["NumberBetween", number.Least, number.Most].Value
        : number.Most >= int.MaxValue ? text["WholeFrom", number.Least].Value
        : text["WholeBetween", number.Least, number.Most].Value;

    public static string? ErrorOf(this IStringLocalizer<ConsoleTexts> text, LinesText lines) => lines.IsValid ? null : text["LinesAtMost", lines.Most, lines.Longest].Value;

    public static string? TooLong(this IStringLocalizer<ConsoleTexts> text, string value, int longest) => value.Length > longest ? text["TooLong", longest].Value : null;
}
