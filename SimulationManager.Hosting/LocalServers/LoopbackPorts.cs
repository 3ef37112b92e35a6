using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace SimulationManager.Hosting.LocalServers;

/// <summary>TCP ports of the loopback address.</summary>
internal static partial class LoopbackPorts
{
    private const string ListenState = "0A";

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>Whether something on the loopback port accepts a connection.</summary>
    public static async Task<bool> AcceptsAsync(int port, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Waits until the port is free, as that of a run that was just killed soon is.</summary>
    /// <exception cref="LocalServerException">Taken; the message names the holder where the system tells it.</exception>
    public static async Task EnsureFreeAsync(int port, string resource, TimeSpan patience, ILogger log, CancellationToken cancellationToken)
    {
        if (IsFree(port)) return;
        LogTaken(log, port, resource, HolderOf(port), patience.TotalSeconds);
        for (var start = Stopwatch.GetTimestamp(); !IsFree(port); await Task.Delay(PollInterval, cancellationToken).ConfigureAwait(false))
        {
            if (Stopwatch.GetElapsedTime(start) < patience) continue;
            throw new LocalServerException($"Port {port} of '{resource}' is already in use{HolderOf(port)}. Stop that process, or choose another port with --Ports:{resource}=<port>.");
        }
    }

    private static string HolderOf(int port) => FindHolder(port) is { } pid ? $" by process {pid} ({NameOf(pid)})" : "";

    /// <summary>The process that listens on the port; null where /proc does not tell.</summary>
    private static int? FindHolder(int port)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        var links = FindListeningInodes(port).Select(inode => $"socket:[{inode}]").ToHashSet();
        if (links.Count == 0)
            return null;
        return Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0)
            .Where(pid => pid > 0 && HoldsAny(pid, links))
            .Select(pid => (int?)pid)
            .FirstOrDefault();
    }

    private static IEnumerable<string> FindListeningInodes(int port)
    {
        var suffix = string.Create(CultureInfo.InvariantCulture, $":{port:X4}");
        return Tables.Where(File.Exists).SelectMany(File.ReadLines)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 9 && fields[3] == ListenState && fields[1].EndsWith(suffix, StringComparison.Ordinal))
            .Select(fields => fields[9]);
    }

    private static bool HoldsAny(int pid, HashSet<string> links)
    {
        try
        {
            return Directory.EnumerateFiles($"/proc/{pid}/fd").Any(file => TargetOf(file) is { } target && links.Contains(target));
        }
        catch (Exception hidden) when (hidden is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Null for a file that was closed meanwhile.</summary>
    private static string? TargetOf(string file)
    {
        try
        {
            return File.ResolveLinkTarget(file, returnFinalTarget: false)?.Name;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static string NameOf(int pid) =>
        File.Exists($"/proc/{pid}/comm") ? File.ReadAllText($"/proc/{pid}/comm").Trim() : "unknown";

    [LoggerMessage(146, LogLevel.Warning, "Port {Port} of '{Resource}' is in use{Holder}; waiting up to {Seconds} s until it is free")]
    private static partial void LogTaken(ILogger logger, int port, string resource, string holder, double seconds);
}
