using SimulationManager.Replay;

namespace SimulationManager.Tests.Replay.Mqtt;

/// <summary>Who may publish, and over which connections.</summary>
public sealed class MqttSecurityTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Agents_have_logins_of_their_own_by_pattern_or_list()
    {
        await using var broker = await Mosquitto.StartAsync();
        using var bag = new PlayedBag(PlayedBag.Numbers(5, perSecond: 100));
        broker.AddUsers(("robot_001", "pw-1"), ("robot_002", "pw-2"));
        await broker.StartAgainAsync();
        await File.WriteAllTextAsync(broker.PathOf("list"), "robot_001:pw-1\nrobot_002:pw-2\n", Cancellation);
        bag.Credentials["pattern"] = new SinkCredentials { Username = "robot_{n:000}", PasswordPattern = "pw-{n}" };
        bag.Credentials["list"] = new SinkCredentials { ListFile = broker.PathOf("list") };
        bag.Credentials["one"] = new SinkCredentials { Username = "robot_001", Password = "pw-1" };
        bag.Credentials["wrong"] = new SinkCredentials { Username = "robot_001", Password = "pw-2" };

        foreach (var name in new[] { "pattern", "list", "one" })
        {
            var status = Assert.Single(await bag.PlayAsync(broker.Address($"connection=agent&qos=1&credentials={name}"), agents: 2));
            Assert.Equal((10L, 10L), (status.Counts.Out, status.Counts.Acknowledged));
        }
        await using var output = bag.Open(broker.Address("credentials=wrong"), agents: 1);
        await output.ReadyAsync(Cancellation);
        Assert.Matches("the broker does not (know the user name or password|let this client in) of the credentials 'wrong'", output.Status()[0].Error!);
        await using var anonymous = bag.Open(broker.Address(), agents: 1);
        await anonymous.ReadyAsync(Cancellation);
        Assert.Contains("the endpoint names no credentials", anonymous.Status()[0].Error, StringComparison.Ordinal);
        Assert.Contains("'nobody' are not known", Assert.Throws<FormatException>(() => bag.Open(broker.Address("credentials=nobody"), agents: 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_are_encrypted_and_both_sides_show_certificates()
    {
        using var authority = new Authority();
        using var other = new Authority();
        await using var broker = await Mosquitto.StartAsync();
        broker.Secure(authority.Certificate(), authority.Issue("127.0.0.1"));
        await broker.StartAgainAsync();
        using var bag = new PlayedBag(PlayedBag.Numbers(5, perSecond: 100));
        var client = broker.Write("client", authority.Issue("robot"));
        var address = broker.Address("qos=1&credentials=NAME").Replace("mqtt:", "mqtts:", StringComparison.Ordinal);
        bag.Credentials["right"] = new SinkCredentials { CaFile = broker.PathOf("ca.crt"), CertificateFile = client.Certificate, KeyFile = client.Key };
        bag.Credentials["no-certificate"] = new SinkCredentials { CaFile = broker.PathOf("ca.crt") };
        await File.WriteAllTextAsync(broker.PathOf("other.crt"), other.Certificate(), Cancellation);
        bag.Credentials["other-ca"] = new SinkCredentials { CaFile = broker.PathOf("other.crt"), CertificateFile = client.Certificate, KeyFile = client.Key };
        bag.Credentials["no-file"] = new SinkCredentials { CaFile = broker.PathOf("none.crt") };

        var status = Assert.Single(await bag.PlayAsync(address.Replace("NAME", "right", StringComparison.Ordinal)));
        Assert.Equal((5L, 5L), (status.Counts.Out, status.Counts.Acknowledged));

        foreach (var (name, expected) in new[] { ("no-certificate", "no encrypted connection .* a broker that asks for a client's certificate|the connection was lost"), ("other-ca", "no encrypted connection"), ("no-file", "none.crt") })
        {
            await using var output = bag.Open(address.Replace("NAME", name, StringComparison.Ordinal), agents: 1);
            await output.ReadyAsync(Cancellation);
            Assert.Matches(expected, output.Status()[0].Error!);
            Assert.Equal(0, output.Status()[0].Connected);
        }
    }
}
