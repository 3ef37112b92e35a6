using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Replay.Mqtt;

/// <summary>Connections over which nobody has anything to say.</summary>
public sealed class MqttKeepAliveTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(BrokerKind.Mosquitto)]
    [InlineData(BrokerKind.MqttNet)]
    public async Task Connections_that_are_silent_stay(BrokerKind kind)
    {
        await using var broker = await Broker.StartAsync(kind);
        using var bag = new PlayedBag(PlayedBag.Numbers(1, perSecond: 1));
        await using var output = bag.Open(broker.Address("connection=agent&keepAlive=4"), agents: 3);
        await output.ReadyAsync(Cancellation);

        // A broker closes connections that are silent for one and a half times as long as was agreed: 6 s.
        await Task.Delay(TimeSpan.FromSeconds(14), Cancellation);

        var status = output.Status()[0];
        Assert.Equal((3, 0L, null), (status.Connected, status.Counts.Reconnects, status.Error));
    }

    [Fact]
    public async Task Broker_that_hangs_is_noticed_and_connected_to_again()
    {
        await using var broker = await Mosquitto.StartAsync();
        using var bag = new PlayedBag(PlayedBag.Numbers(1, perSecond: 1));
        await using var output = bag.Open(broker.Address("connection=agent&keepAlive=1"), agents: 3);
        await output.ReadyAsync(Cancellation);

        await broker.SignalAsync("STOP");
        await Wait.UntilAsync(() => output.Status()[0] is { Connected: 0, Error: not null }, Limit, "all connections to be lost");
        await broker.SignalAsync("CONT");
        await Wait.UntilAsync(() => output.Status()[0] is { Connected: 3, Error: null }, Limit, "all connections to be back");

        Assert.True(output.Status()[0].Counts.Reconnects >= 3);
    }
}
