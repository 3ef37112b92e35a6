using Aspire.Hosting;
using Aspire.Hosting.Testing;
using SimulationManager.Tests.Servers;

namespace SimulationManager.Tests.EndToEnd;

/// <summary>The broker of a first run.</summary>
[Collection(nameof(AppHostCollection))]
public sealed class BrokerTests(AppHostFixture appHost)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Services_know_the_broker_and_it_delivers()
    {
        var application = await appHost.ApplicationAsync(Cancel);
        var address = await application.GetConnectionStringAsync("mqtt", Cancel) ?? throw new InvalidOperationException("The broker has no connection string.");
        await application.ResourceNotifications.WaitForResourceHealthyAsync("mqtt", Cancel);
        foreach (var service in (string[])["api", "worker"])
        {
            var snapshot = (await application.ResourceNotifications.WaitForResourceHealthyAsync(service, Cancel)).Snapshot;
            Assert.Equal(address, snapshot.EnvironmentVariables.Single(variable => variable.Name == "ConnectionStrings__mqtt").Value);
        }

        Assert.Equal("here", await MqttRoundTrip.SendAsync(address, "tour/1", "here", Cancel));
    }
}
