using System.Globalization;

namespace SimulationManager.Tests.Servers;

/// <summary>The processes of this machine, as any user sees them.</summary>
internal static class ProcessTable
{
    public static IReadOnlyList<string> CommandLines() => [.. Numbers().Select(CommandLine)];

    /// <summary>Processes whose environment holds a text: what a process inherits tells whose child it is, however it was detached.</summary>
    public static IReadOnlyList<int> WithEnvironment(string text) => [.. Numbers().Where(number => Read(number, "environ").Contains(text, StringComparison.Ordinal))];

    public static string CommandLine(int number) => Read(number, "cmdline").Replace('\0', ' ').Trim();

    private static IEnumerable<int> Numbers() => Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
        .Where(number => number > 0);

    private static string Read(int number, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{number}/{file}");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
