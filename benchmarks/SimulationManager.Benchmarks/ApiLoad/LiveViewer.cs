using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using SimulationManager.Benchmarks.Pods;

namespace SimulationManager.Benchmarks.ApiLoad;

/// <summary>What it cost to serve viewers for a while.</summary>
/// <param name="Seconds">How long that was.</param>
/// <param name="Api">Cores that the API took.</param>
/// <param name="Worker">Cores that the worker took.</param>
internal sealed record ViewingCost(double Seconds, double Api, double Worker);

/// <summary>A client of a run's connection for Foxglove.</summary>
internal abstract class LiveViewer : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _reading = Task.CompletedTask;

    /// <summary>Whether what it reads counts.</summary>
    public bool IsCounting { get; private set; }

    protected ClientWebSocket Socket { get; } = new();

    protected CancellationToken Stopping => _stopping.Token;

    /// <summary>Where the agents with these numbers are shown.</summary>
    public static Uri AddressOf(ApiUnderLoad system, long simulation, long execution, string agents) =>
        new($"ws://{system.Client.BaseAddress!.Authority}/api/simulation/{simulation}/execution/{execution}/live?agents={agents}&access_token={system.AccessToken}");

    /// <summary>Lets viewers count for a while, and sends them away.</summary>
    public static async Task<ViewingCost> CountAsync(ApiUnderLoad system, IReadOnlyList<LiveViewer> viewers, TimeSpan length)
    {
        var (api, worker, watch) = (ProcessUsage.ProcessorSeconds(system.ApiProcess), ProcessUsage.ProcessorSeconds(system.WorkerProcess), Stopwatch.StartNew());
        foreach (var viewer in viewers) viewer.IsCounting = true;
        await Task.Delay(length);
        foreach (var viewer in viewers) viewer.IsCounting = false;
        var seconds = watch.Elapsed.TotalSeconds;
        var cost = new ViewingCost(seconds, (ProcessUsage.ProcessorSeconds(system.ApiProcess) - api) / seconds, (ProcessUsage.ProcessorSeconds(system.WorkerProcess) - worker) / seconds);
        foreach (var viewer in viewers) await viewer.DisposeAsync();
        return cost;
    }

    public async Task ConnectAsync(Uri address)
    {
        Socket.Options.AddSubProtocol("foxglove.sdk.v1");
        await Socket.ConnectAsync(address, CancellationToken.None);
        _reading = ReadAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Socket.Dispose();
        _stopping.Dispose();
    }

    /// <summary>Reads until it is sent away.</summary>
    protected abstract Task ReadAsync();

    /// <summary>Subscribes to channels.</summary>
    /// <param name="channels">Ids of the subscriptions, and of their channels.</param>
    protected Task SubscribeAsync(IEnumerable<(uint Id, int Channel)> channels)
    {
        var subscriptions = channels.Select(channel => new { id = channel.Id, channelId = channel.Channel });
        return Socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(new { op = "subscribe", subscriptions }), WebSocketMessageType.Text, endOfMessage: true, Stopping);
    }
}
