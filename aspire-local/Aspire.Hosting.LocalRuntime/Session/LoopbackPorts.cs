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

    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>Different ports that were free a moment ago.</summary>
    public static IReadOnlyList<int> FindFree(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        try
        {
            listeners.ForEach(listener => listener.Start());
            return [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            listeners.ForEach(listener => listener.Dispose());
        }
    }

    public static int FindFree() => FindFree(1)[0];

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
        if (IsFree(port))
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
            return Directory.EnumerateFiles($"/proc/{pid}/fd").Any(file => File.ResolveLinkTarget(file, returnFinalTarget: false) is { } target && links.Contains(target.Name));
        }
        catch (Exception hidden) when (hidden is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string NameOf(int pid) =>
        File.Exists($"/proc/{pid}/comm") ? File.ReadAllText($"/proc/{pid}/comm").Trim() : "unknown";
}
