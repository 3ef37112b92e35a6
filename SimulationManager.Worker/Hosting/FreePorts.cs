using System.Net;
using System.Net.Sockets;

namespace SimulationManager.Worker.Hosting;

/// <summary>Free ports for a silo that was given none.</summary>
internal static class FreePorts
{
    // Below the range from which systems take ports for outgoing connections: the silo listens only seconds after its port was chosen.
    private const int First = 11_000;
    private const int Last = 15_000;

    private static readonly Lock s_drawing = new();
    private static readonly HashSet<int> s_given = [];

    /// <summary>A file for each port that was given, open as long as the process lives: others that look for ports pass these over, though nobody listens yet.</summary>
    private static readonly List<FileStream> s_claims = UntilExit();

    /// <summary>Silos that start together begin to look at different ports: a process has two or three.</summary>
    private static readonly int s_start = Environment.ProcessId * 4 % (Last - First);

    /// <summary>A port that is free on the loopback address and that nobody else on this machine is given.</summary>
    /// <exception cref="InvalidOperationException">All are taken.</exception>
    public static int Draw()
    {
        lock (s_drawing)
        {
            for (var attempt = 0; attempt < Last - First; attempt++)
            {
                var port = First + ((s_start + attempt) % (Last - First));
                if (IsFree(port) && s_given.Add(port) && TryClaim(port)) return port;
            }
        }
        throw new InvalidOperationException($"No free TCP port was found between {First} and {Last} for the silo; name one with Orleans:Endpoints:SiloPort and Orleans:Endpoints:GatewayPort.");
    }

    private static List<FileStream> UntilExit()
    {
        List<FileStream> claims = [];
        AppDomain.CurrentDomain.ProcessExit += (_, _) => claims.ForEach(claim => claim.Dispose());
        return claims;
    }

    private static bool TryClaim(int port)
    {
        try
        {
            s_claims.Add(new FileStream(
                Path.Combine(Path.GetTempPath(), $"simulation-manager-port-{port}"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose));
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Another process, or another user's, has it.
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
}
