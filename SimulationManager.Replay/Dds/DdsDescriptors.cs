using Microsoft.Win32.SafeHandles;

namespace SimulationManager.Replay;

/// <summary>
/// Keeps file descriptors with small numbers for DDS domains. Cyclone DDS 0.10 waits for its sockets with <c>select</c>, and ends the process when the descriptor
/// of one of them is 1,024 or more: in a worker whose agents have a thousand connections, the next domain would.
/// </summary>
/// <param name="limit">The first number that is too large.</param>
public sealed class DdsDescriptors(int limit)
{
    private const int SelectLimit = 1024;

    /// <summary>What opening a domain takes: five sockets and a pipe that stay, and what looks at the network's interfaces.</summary>
    private const int ForOneDomain = 16;

    /// <summary>Enough for seven domains.</summary>
    private const int Kept = 64;

    private readonly Stack<SafeFileHandle> _kept = new(Kept);

    /// <summary>Those of this process.</summary>
    public static DdsDescriptors OfProcess { get; } = new(SelectLimit);

    /// <summary>Takes descriptors as long as there are small ones. To be called when the process starts, before anything connects.</summary>
    public void Keep()
    {
        if (!OperatingSystem.IsLinux()) return;
        lock (_kept)
        {
            while (_kept.Count < Kept)
            {
                var descriptor = File.OpenHandle("/dev/null");
                if (descriptor.DangerousGetHandle() >= limit)
                {
                    descriptor.Dispose();
                    return;
                }
                _kept.Push(descriptor);
            }
        }
    }

    /// <summary>Opens a domain with descriptors that were kept: the system gives each new socket the smallest number that is free.</summary>
    /// <param name="open">Opens it.</param>
    /// <exception cref="DdsException">There are not enough.</exception>
    internal int Open(Func<int> open)
    {
        lock (_kept)
        {
            Keep();
            if (_kept.Count < ForOneDomain)
                throw new DdsException($"this worker has so many connections, files and domains open that a domain would get file descriptors above {limit - 1:N0}, which Cyclone DDS 0.10 cannot use: run fewer agents with connections of their own in it, that is, add workers");
            for (var i = 0; i < ForOneDomain; i++) _kept.Pop().Dispose();
            try
            {
                return open();
            }
            finally
            {
                Keep();
            }
        }
    }
}
