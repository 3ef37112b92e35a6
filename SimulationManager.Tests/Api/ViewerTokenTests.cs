using System.Net.WebSockets;
using SimulationManager.Tests.Api.Coverage;

namespace SimulationManager.Tests.Api;

/// <summary>Whoever watches does so no longer than the access token lasts.</summary>
public class ViewerTokenTests(ApiFixture fixture)
{
    private const string Foxglove = "foxglove.sdk.v1";

    [Fact]
    [Contract("ours/rosbridge", "ours/live", "ours/recording-live")]
    public async Task Connections_end_when_the_access_token_expires()
    {
        await using var system = await OwnSystem.StartAsync(fixture, ("Auth:AccessTokenLifetime", "00:00:10"));
        var template = await TestBundle.UploadAsync(system.User);
        using var user = await system.Api.Client().SignInAsync(ApiFixture.AdminEmail);
        var id = await Plans.CreateAsync(user, Plans.Parallel(
            Plans.NewName(), new { templateId = template, autonomousAgentCount = 1, executionTime = 120, repeatCount = 1, playback = new { delay = 60 }, output = new { identity = "turtle_{n:000}" } }));
        var execution = await ExecutionTests.StartAsync(user, id);
        await using var rosbridge = await ViewerClient.ConnectAsync(user, id, execution);
        await using var live = await ViewerClient.ConnectAsync(ViewerClient.AddressOf(user.Address, id, execution, user.Token, "live"), Foxglove);
        await using var prefixed = await ViewerClient.ConnectAsync(new Uri(ViewerClient.AddressOf(user.Address, id, execution, user.Token, "live") + "&frames=prefixed"), Foxglove);
        await using var recording = await ViewerClient.ConnectAsync(ViewerClient.AddressOf(user, template), Foxglove);

        foreach (var client in new[] { rosbridge, live, prefixed, recording })
        {
            await client.UntilAsync(heard => heard.Closed is not null, "the token to expire");

            Assert.Equal((WebSocketCloseStatus.PolicyViolation, "the access token has expired: get a new one and connect again"), client.Closed);
        }
    }
}
