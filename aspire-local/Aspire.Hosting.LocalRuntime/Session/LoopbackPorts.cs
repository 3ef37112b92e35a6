using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Aspire.Hosting.LocalRuntime;

/// <summary>A fixed port is held by somebody else.</summary>
internal sealed class PortTakenException(int port, string message) : Exception(message)
{
    public int Port { get; } = port;
}

/// <summary>TCP ports of the loopback address.</summary>
internal static class LoopbackPorts
{
    private const string ListenState = "0A";

    // Below the range from which the system takes ports for outgoing connections, so that none is lost between here and the server's start.
    private const int FirstPort = 15000;
    private const int LastPort = 31000;

    private static readonly Lock Drawing = new();
    private static readonly HashSet<int> Given = [];
    private static readonly TimeSpan ReleaseWithin = TimeSpan.FromSeconds(0.5);

    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>A port that is free now and that nobody else in this process is given: its server may start seconds later.</summary>
    /// <exception cref="InvalidOperationException">All are taken.</exception>
    public static int FindFree()
    {
        lock (Drawing)
        {
            for (var attempt = 0; attempt < LastPort - FirstPort; attempt++)
            {
                var port = Random.Shared.Next(FirstPort, LastPort);
                if (IsFree(port) && Given.Add(port))
                    return port;
            }
        }
        throw new InvalidOperationException($"No free TCP port was found between {FirstPort} and {LastPort}.");
    }

    public static bool IsFree(int port)
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

    /// <param name="port">The port that is about to be used.</param>
    /// <param name="setting">What a person changes to use another port, for the message.</param>
    /// <exception cref="PortTakenException">Taken; the message names the holder where the system tells it.</exception>
    public static void EnsureFree(int port, string setting)
    {
        // What was closed a moment ago may live on in a child that another thread is just starting.
        if (IsFree(port) || SpinWait.SpinUntil(() => IsFree(port), ReleaseWithin))
            return;
        var holder = FindHolder(port) is { } pid ? $" by process {pid} ({NameOf(pid)})" : "";
        throw new PortTakenException(port, $"Port {port} is already in use{holder}. Stop that process, or choose another port with {setting}.");
    }

    /// <summary>The process that listens on the port; null where /proc does not tell.</summary>
    public static int? FindHolder(int port)
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
}
