using Microsoft.Extensions.Localization;
using SimulationManager.Console.Api;
using SimulationManager.Console.Components;
using SimulationManager.Console.Texts;

namespace SimulationManager.Console.Comparison;

/// <summary>Names what two runs, or two of their parts, have in common.</summary>
internal static class RunComparison
{
    /// <summary>All quantities; null where a run has no such part.</summary>
    public static IEnumerable<ComparedQuantity> Of(RunFigures? first, RunFigures? second, IStringLocalizer<ConsoleTexts> texts)
    {
        yield return Quantity("Duration", figures => figures.Duration, Seconds);
        yield return Quantity("Paused", figures => figures.PausedSeconds, Seconds);
        yield return Quantity("Agents", figures => figures.Agents, Quantities.Count);
        yield return Quantity("MessagesPlanned", figures => figures.MessagesPlanned, Quantities.Count);
        yield return Quantity("MessagesOut", figures => figures.MessagesOut, Quantities.Count);
        yield return Quantity("DroppedLate", figures => figures.MessagesDropped, Quantities.Count);
        yield return Quantity("LatenessP50", figures => figures.Lateness?.P50, Lateness);
        yield return Quantity("LatenessP99", figures => figures.Lateness?.P99, Lateness);
        yield return Quantity("LatenessMost", figures => figures.Lateness?.Max, Lateness);
        yield return Quantity("Resent", figures => figures.Resent, Quantities.Count);
        yield return Quantity("Reconnects", figures => figures.Reconnects, Quantities.Count);
        yield return Quantity("Gaps", figures => figures.Gaps, Quantities.Count);
        yield return Quantity("GapTime", figures => figures.GapSeconds, Seconds);
        foreach (var kind in KeysOf(figures => figures.Faults)) yield return Counted("FaultsMet", "FaultKind_" + kind, kind, figures => figures.Faults);
        foreach (var reason in KeysOf(figures => figures.Lost)) yield return Counted("Lost", "LostBy_" + reason, reason, figures => figures.Lost);

        ComparedQuantity Quantity(string name, Func<RunFigures, double?> value, Func<double, string> format) =>
            new(texts[name], first is null ? null : value(first), second is null ? null : value(second), format);

        IEnumerable<string> KeysOf(Func<RunFigures, IReadOnlyDictionary<string, double>> counts) =>
            new[] { first, second }.OfType<RunFigures>().SelectMany(figures => counts(figures).Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

        ComparedQuantity Counted(string name, string keyText, string key, Func<RunFigures, IReadOnlyDictionary<string, double>> counts)
        {
            var known = texts[keyText];
            return new ComparedQuantity(texts[name, known.ResourceNotFound ? key : known.Value], Of(first), Of(second), Quantities.Count);

            double? Of(RunFigures? figures) => figures is null ? null : counts(figures).GetValueOrDefault(key);
        }
    }

    private static string Seconds(double seconds) => Quantities.Duration(seconds);

    private static string Lateness(double microseconds) => Quantities.Lateness((long)microseconds);
}
