using System.Diagnostics;
using System.Globalization;

namespace SimulationManager.Benchmarks.ApiLoad;

/// <summary>What a load run saw: answers per second, and how long they took in milliseconds.</summary>
internal sealed record LoadResult(double PerSecond, double P50, double P99, int Requests, int Failed);

/// <summary>Load by <c>h2load</c> of nghttp2 (Debian's <c>nghttp2-client</c>), HTTP/1.1, one thread, in a process of its own.</summary>
internal static class H2Load
{
    /// <param name="urls">Where to send; each connection asks for all in turn, if there are several.</param>
    /// <param name="connections">Connections, each with one request at a time.</param>
    /// <param name="seconds">How long.</param>
    /// <param name="token">Access token, or null.</param>
    /// <param name="bodyFile">A JSON body to POST, or null to GET.</param>
    /// <param name="perSecond">Requests per second of all connections, or null: as many as are answered.</param>
    public static async Task<LoadResult> RunAsync(IReadOnlyList<Uri> urls, int connections, int seconds, string? token, string? bodyFile, int? perSecond)
    {
        var log = Path.Combine(Path.GetTempPath(), $"h2load-{Guid.NewGuid():N}.tsv");
        var list = Path.ChangeExtension(log, ".urls");
        await File.WriteAllLinesAsync(list, urls.Select(url => url.ToString()));
        string[] arguments =
        [
            "--h1", "-t", "1", "-c", Text(connections), "-D", Text(seconds), "--log-file", log,
            .. token is null ? (string[])[] : ["-H", $"authorization: Bearer {token}"],
            .. bodyFile is null ? (string[])[] : ["-H", "content-type: application/json", "-d", bodyFile],
            .. perSecond is null ? (string[])[] : ["--rps", Text(Math.Max(1, perSecond.Value / connections))],
            "-i", list,
        ];
        try
        {
            using var process = Process.Start(new ProcessStartInfo("h2load", arguments) { RedirectStandardOutput = true })!;
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return process.ExitCode == 0 ? Read(await File.ReadAllLinesAsync(log), seconds) : throw new InvalidOperationException(output);
        }
        finally
        {
            File.Delete(log);
            File.Delete(list);
        }
    }

    /// <summary>Rows of h2load: start in microseconds since 1970, HTTP status (-1: none), microseconds to the end of the answer.</summary>
    private static LoadResult Read(string[] lines, int seconds)
    {
        var rows = lines.Select(line => line.Split('\t')).ToArray();
        var times = rows.Where(row => row[1].StartsWith('2')).Select(row => long.Parse(row[2], CultureInfo.InvariantCulture)).Order().ToArray();
        return times.Length == 0
            ? throw new InvalidOperationException($"No request succeeded; the first was answered {(rows.Length > 0 ? rows[0][1] : "not at all")}.")
            : new LoadResult(times.Length / (double)seconds, Percentile(0.50), Percentile(0.99), rows.Length, rows.Length - times.Length);

        double Percentile(double share) => times[(int)((times.Length - 1) * share)] / 1000.0;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
