using SimulationManager.Replay;

namespace SimulationManager.Worker.Telemetry;

/// <summary>
/// What this worker has published since it started, by endpoint. Cohorts that have ended stay in the sums, so that no count goes back. For any
/// number of threads.
/// </summary>
/// <param name="maxEndpoints">Endpoints that have sums of their own. Plans may name ever new ones: those beyond it are counted together.</param>
public sealed class PublishTotals(int maxEndpoints = 200)
{
    /// <summary>The name of all endpoints that have no sums of their own.</summary>
    public const string Others = "other";

    private readonly Lock _lock = new();
    private readonly HashSet<CohortOutput> _open = [];
    private readonly HashSet<string> _names = [];
    private readonly Dictionary<string, EndpointTotal> _ended = [];

    /// <summary>Counts an output from now on.</summary>
    public CohortOutput Add(CohortOutput output)
    {
        lock (_lock) _open.Add(output);
        return output;
    }

    /// <summary>Disconnects an output and keeps its counts.</summary>
    public async ValueTask CloseAsync(CohortOutput output)
    {
        // First: what still waits is counted as lost by that.
        await output.DisposeAsync();
        lock (_lock)
        {
            if (!_open.Remove(output)) return;
            foreach (var status in output.Status()) Add(_ended, status, EndpointTotal.Of(status) with { Connections = 0, Connected = 0 });
        }
    }

    /// <summary>The sums by endpoint: its address without options.</summary>
    public IReadOnlyDictionary<string, EndpointTotal> Read()
    {
        lock (_lock)
        {
            var all = new Dictionary<string, EndpointTotal>(_ended);
            foreach (var status in _open.SelectMany(output => output.Status())) Add(all, status, EndpointTotal.Of(status));
            return all;
        }
    }

    private void Add(Dictionary<string, EndpointTotal> sums, EndpointStatus status, EndpointTotal total)
    {
        var name = NameOf(status.Endpoint.ToString());
        sums[name] = sums.TryGetValue(name, out var sum) ? sum + total : total;
    }

    private string NameOf(string address) => _names.Contains(address) || (_names.Count < maxEndpoints && _names.Add(address)) ? address : Others;
}

/// <summary>What was published to one endpoint.</summary>
/// <param name="Counts">What became of the messages.</param>
/// <param name="HandedOver">Microseconds from when messages were due to when they were handed over to the network. Not to be written to.</param>
/// <param name="AcknowledgedAfter">The same, to when they were acknowledged.</param>
/// <param name="Connections">Connections that ought to be there now.</param>
/// <param name="Connected">Connections that are.</param>
public sealed record EndpointTotal(PublishCounts Counts, LatenessHistogram HandedOver, LatenessHistogram AcknowledgedAfter, int Connections, int Connected)
{
    /// <summary>Nothing yet.</summary>
    public static EndpointTotal Zero { get; } = new(PublishCounts.Zero, new LatenessHistogram(), new LatenessHistogram(), 0, 0);

    /// <summary>The sums.</summary>
    public static EndpointTotal operator +(EndpointTotal one, EndpointTotal other) => new(
        one.Counts + other.Counts, Sum(one.HandedOver, other.HandedOver), Sum(one.AcknowledgedAfter, other.AcknowledgedAfter),
        one.Connections + other.Connections, one.Connected + other.Connected);

    internal static EndpointTotal Of(EndpointStatus status) => new(status.Counts, status.HandedOver, status.AcknowledgedAfter, status.Connections, status.Connected);

    private static LatenessHistogram Sum(LatenessHistogram one, LatenessHistogram other)
    {
        var sum = one.Copy();
        sum.Add(other);
        return sum;
    }
}
