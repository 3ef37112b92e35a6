using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace SimulationManager.Replay;

/// <summary>A domain that this process takes part in. The library has one of each number, with one configuration, which cohorts share.</summary>
internal sealed class DdsDomain : IDisposable
{
    private static readonly Dictionary<int, DdsDomain> s_open = [];

    private readonly int _number;
    private readonly string _configuration;
    private readonly int _handle;
    private int _users;

    private DdsDomain(int number, string configuration)
    {
        (_number, _configuration) = (number, configuration);
        var handle = DdsDescriptors.OfProcess.Open(() => DdsNative.CreateDomain((uint)number, configuration));
        _handle = handle == DdsNative.PreconditionNotMet
            ? throw new DdsException($"something else in this process has opened the domain {number}")
            : DdsException.ThrowIfFailed(handle, $"the domain {number} cannot be opened (the interface, the peers, or the worker's CYCLONEDDS_URI)");
        DdsNative.SetWriteBatch(isOn: true);
    }

    /// <summary>Takes part, and shares what others of this process have opened.</summary>
    /// <exception cref="DdsException">It cannot be opened.</exception>
    public static DdsDomain Open(DdsEndpointOptions options)
    {
        if (options.Interface is { } name) CheckInterface(name);
        foreach (var peer in options.Peers) CheckPeer(peer);
        var configuration = options.Configuration(Environment.GetEnvironmentVariable("CYCLONEDDS_URI"));
        lock (s_open)
        {
            if (!s_open.TryGetValue(options.Domain, out var domain)) s_open[options.Domain] = domain = new DdsDomain(options.Domain, configuration);
            if (domain._configuration != configuration)
                throw new DdsException($"this worker is in the domain {options.Domain} with another interface, other peers or another multicast already: say the same, or take another domain");
            domain._users++;
            return domain;
        }
    }

    private static void CheckInterface(string name)
    {
        var all = NetworkInterface.GetAllNetworkInterfaces();
        var found = IPAddress.TryParse(name, out var address)
            ? all.Any(one => one.GetIPProperties().UnicastAddresses.Any(unicast => unicast.Address.Equals(address)))
            : all.FirstOrDefault(one => one.Name == name) is { } known && (HasAddress(known) ? true : throw new DdsException($"the network interface {name} has no IPv4 address"));
        if (!found) throw new DdsException($"this worker has no network interface {name}; it has {string.Join(", ", all.Where(HasAddress).Select(one => one.Name))}");
    }

    private static bool HasAddress(NetworkInterface one) => one.GetIPProperties().UnicastAddresses.Any(unicast => unicast.Address.AddressFamily == AddressFamily.InterNetwork);

    private static void CheckPeer(string peer)
    {
        try
        {
            if (Dns.GetHostAddresses(peer.Split(':')[0], AddressFamily.InterNetwork).Length == 0) throw new DdsException($"the peer {peer} has no IPv4 address");
        }
        catch (SocketException)
        {
            throw new DdsException($"the peer {peer} is not known");
        }
    }

    public void Dispose()
    {
        lock (s_open)
        {
            if (--_users > 0) return;
            s_open.Remove(_number);
            _ = DdsNative.Delete(_handle);
            DdsDescriptors.OfProcess.Keep();
        }
    }
}
