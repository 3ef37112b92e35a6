using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using SimulationManager.Replay;
using SimulationManager.Tests.Replay.Mqtt;
using SimulationManager.Worker.Hosting;

namespace SimulationManager.Tests.Replay.Rosbridge;

/// <summary>Who may publish to a rosbridge server, and what is said of those that may not, both by agents and by the check.</summary>
public sealed class RosbridgeSecurityTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Check_hears_its_own_message()
    {
        await using var server = await RosbridgeServer.StartAsync();

        var found = await ProbeAsync(server.Address());
        await server.UntilAsync(_ => server.OperationsOf("closed").Length > 0, "the end of the connection");

        Assert.Equal((null, "/fleet/_check"), (found.Error, found.Topic));
        Assert.True(found.Connect > TimeSpan.Zero && found.Publish > TimeSpan.Zero);
        Assert.Equal(["advertise", "subscribe", "unsubscribe", "unadvertise"], server.Operations.Select(operation => (string)operation["op"]!).Where(name => name is not ("listening" or "closed")));
        Assert.Equal(("/fleet/_check", "std_msgs/msg/String"), ((string)server.OperationsOf("advertise")[0]["topic"]!, (string)server.OperationsOf("advertise")[0]["type"]!));
    }

    [Theory]
    [InlineData("""{"mute":true}""", "what is published on /fleet/_check does not come back")]
    [InlineData("""{"unknownTypes":["std_msgs/msg/String"]}""", "the server says: advertise: Unable to load the type std_msgs/msg/String")]
    [InlineData("""{"maxPayload":20}""", "the server closed the connection: 1009")]
    public async Task Check_tells_what_a_server_does_not_do(string settings, string expected)
    {
        await using var server = await RosbridgeServer.StartAsync(JsonNode.Parse(settings)!.AsObject());

        var found = await ProbeAsync(server.Address());

        Assert.Contains(expected, found.Error, StringComparison.Ordinal);
        Assert.NotNull(found.Connect);
        Assert.Null(found.Publish);
    }

    [Fact]
    public async Task Server_that_is_not_there_or_is_none_is_told_apart()
    {
        await using var server = await RosbridgeServer.StartAsync(new JsonObject { ["path"] = "/robots/ros" });
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var answering = AnswerAsync(other, "220 mail.example.org ESMTP\r\n");

        foreach (var (address, expected) in new[]
        {
            ($"rosbridge://127.0.0.1:{FreePorts.Draw()}", "nothing listens on 127.0.0.1:"),
            ("rosbridge://no-such-host.invalid", "the host no-such-host.invalid is not known"),
            (server.Address(), $"127.0.0.1:{server.Port} has nothing at the path / (path=<path>)"),
            (server.Address("path=/robots/ros", "rosbridges"), $"no encrypted connection to 127.0.0.1:{server.Port}: "),
            ($"rosbridge://127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}", "does not answer as a rosbridge server does"),
            ($"rosbridge://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}", "does not answer as a rosbridge server does"),
        })
        {
            Assert.Contains(expected, (await ProbeAsync(address)).Error, StringComparison.Ordinal);
        }
        Assert.Null((await ProbeAsync(server.Address("path=/robots/ros"))).Error);
        other.Stop();
        await answering;
    }

    [Fact]
    public async Task Credentials_are_shown_as_a_header_and_never_told()
    {
        const string secret = "s3cr3t-töken";
        await using var server = await RosbridgeServer.StartAsync(new JsonObject { ["authorization"] = $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"robot:{secret}"))}" });
        await File.WriteAllTextAsync(server.PathOf("list"), $"robot:{secret}\n", Cancellation);
        using var bag = new PlayedBag(PlayedBag.Messages("std_msgs/msg/Empty", 1000, ["{}", "{}"], ["/e"]));
        bag.Credentials["basic"] = new SinkCredentials { Username = "robot", Password = secret };
        bag.Credentials["list"] = new SinkCredentials { ListFile = server.PathOf("list") };
        bag.Credentials["wrong"] = new SinkCredentials { Username = "robot", Password = "other" };
        bag.Credentials["bearer"] = new SinkCredentials { Password = "abc.DEF-123_~+/=" };
        bag.Credentials["no-token"] = new SinkCredentials { Password = $"{secret}\r\nX-Injected: 1" };

        foreach (var name in new[] { "basic", "list" }) Assert.Equal(2, Assert.Single(await bag.PlayAsync(server.Address($"credentials={name}"))).Counts.Out);
        Assert.Equal("the server does not let this client in with the credentials 'wrong'", await ErrorAsync(bag, server.Address("credentials=wrong")));
        Assert.Equal("the server does not let this client in; the endpoint names no credentials (credentials=<name>)", await ErrorAsync(bag, server.Address()));
        var noToken = await ErrorAsync(bag, server.Address("credentials=no-token"));
        Assert.Contains("'no-token', which have no user name, cannot be a bearer token", noToken, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", noToken, StringComparison.Ordinal);
        Assert.Contains("'nobody' are not known", Assert.Throws<FormatException>(() => bag.Open(server.Address("credentials=nobody"), agents: 1)).Message, StringComparison.Ordinal);
        Assert.Contains("'nobody' are not known", (await ProbeAsync(server.Address("credentials=nobody"))).Error, StringComparison.Ordinal);

        server.Set("authorization", "Bearer abc.DEF-123_~+/=");
        await server.KillAsync();
        await server.StartAgainAsync();
        Assert.Equal(2, Assert.Single(await bag.PlayAsync(server.Address("credentials=bearer"))).Counts.Out);
    }

    [Fact]
    public async Task Connections_are_encrypted_and_both_sides_show_certificates()
    {
        using var authority = new Authority();
        using var other = new Authority();
        await using var server = await RosbridgeServer.StartAsync();
        var (files, client) = (Write("server", authority.Issue("127.0.0.1")), Write("client", authority.Issue("robot")));
        await File.WriteAllTextAsync(server.PathOf("ca.crt"), authority.Certificate(), Cancellation);
        await File.WriteAllTextAsync(server.PathOf("other.crt"), other.Certificate(), Cancellation);
        server.Set("cert", files.Certificate);
        server.Set("key", files.Key);
        server.Set("ca", server.PathOf("ca.crt"));
        await server.KillAsync();
        await server.StartAgainAsync();
        using var bag = new PlayedBag(PlayedBag.Messages("std_msgs/msg/Empty", 1000, ["{}", "{}"], ["/e"]));
        bag.Credentials["right"] = new SinkCredentials { CaFile = server.PathOf("ca.crt"), CertificateFile = client.Certificate, KeyFile = client.Key };
        bag.Credentials["no-certificate"] = new SinkCredentials { CaFile = server.PathOf("ca.crt") };
        bag.Credentials["other-ca"] = new SinkCredentials { CaFile = server.PathOf("other.crt"), CertificateFile = client.Certificate, KeyFile = client.Key };
        bag.Credentials["no-file"] = new SinkCredentials { CaFile = server.PathOf("none.crt") };

        Assert.Equal(2, Assert.Single(await bag.PlayAsync(server.Address("credentials=right", "rosbridges"))).Counts.Out);
        Assert.Null((await EndpointProbe.RunAsync(OutputEndpoint.ParseAll([server.Address("credentials=right", "rosbridges")])[0], bag.Credentials)).Error);
        foreach (var (name, expected) in new[] { ("no-certificate", "no encrypted connection .* asks for a client's certificate"), ("other-ca", "no encrypted connection"), ("no-file", "none.crt") })
            Assert.Matches(expected, await ErrorAsync(bag, server.Address($"credentials={name}", "rosbridges")));
        Assert.Contains("one that wants encrypted connections is rosbridges://", await ErrorAsync(bag, server.Address()), StringComparison.Ordinal);

        (string Certificate, string Key) Write(string name, (string Certificate, string Key) pem)
        {
            File.WriteAllText(server.PathOf($"{name}.crt"), pem.Certificate);
            File.WriteAllText(server.PathOf($"{name}.key"), pem.Key);
            return (server.PathOf($"{name}.crt"), server.PathOf($"{name}.key"));
        }
    }

    private static Task<EndpointProbe> ProbeAsync(string address) => EndpointProbe.RunAsync(OutputEndpoint.ParseAll([address])[0], new Dictionary<string, SinkCredentials>());

    private static async Task<string> ErrorAsync(PlayedBag bag, string address)
    {
        await using var output = bag.Open(address, agents: 1);
        await output.ReadyAsync(Cancellation);
        Assert.Equal(0, output.Status()[0].Connected);
        return output.Status()[0].Error!;
    }

    private static async Task AnswerAsync(TcpListener listener, string text)
    {
        try
        {
            using var client = await listener.AcceptTcpClientAsync();
            await using var stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(text));
            client.Client.Shutdown(SocketShutdown.Send);
            while (await stream.ReadAsync(new byte[1024]) > 0)
            {
            }
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException)
        {
            // The listener was stopped, or the client is gone.
        }
    }
}
