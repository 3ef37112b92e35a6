using SimulationManager.Replay;

namespace SimulationManager.Tests.Replay;

/// <summary>How the addresses of endpoints are read.</summary>
public sealed class OutputEndpointTests
{
    [Theory]
    [InlineData("mqtt://broker/hall-3", "mqtt://broker:1883/hall-3", false)]
    [InlineData("mqtts://broker", "mqtts://broker:8883", true)]
    [InlineData("rosbridge://robots.example.org/hall_3/a?queue=8", "rosbridge://robots.example.org:9090/hall_3/a", false)]
    [InlineData("rosbridges://[::1]:443?path=/ros", "rosbridges://[::1]:443", true)]
    public void Addresses_are_read_by_their_scheme(string text, string shown, bool isEncrypted)
    {
        var endpoint = Assert.Single(OutputEndpoint.ParseAll([text]));

        Assert.Equal((shown, isEncrypted), (endpoint.ToString(), endpoint.Tls));
        Assert.Equal(shown[..shown.IndexOf(':', StringComparison.Ordinal)], endpoint.Scheme);
    }

    [Fact]
    public void Options_are_those_of_the_scheme()
    {
        var endpoints = OutputEndpoint.ParseAll(["mqtt://a?qos=1&format=json", "rosbridge://b?topic=sim_{simulation}/{agent}/{topic}&path=/ros&maxMessageSize=5000&keepAlive=3&queue=7&onFailure=fail&failAfter=9&credentials=plant-a"]);

        Assert.Equal((1, PayloadFormat.Json), (Assert.IsType<MqttEndpointOptions>(endpoints[0].Options).QualityOfService, ((MqttEndpointOptions)endpoints[0].Options).Format));
        Assert.Equal(new RosbridgeEndpointOptions { Topic = "sim_{simulation}/{agent}/{topic}", Path = "/ros", MaxMessageSize = 5000, KeepAlive = 3, Queue = 7 }, endpoints[1].Options);
        Assert.Equal((EndpointFailurePolicy.Fail, TimeSpan.FromSeconds(9), "plant-a"), (endpoints[1].OnFailure, endpoints[1].FailAfter, endpoints[1].Credentials));
        Assert.Equal(new RosbridgeEndpointOptions { Topic = "/{agent}/{topic}", Path = "/", MaxMessageSize = 10_485_760, KeepAlive = 15, Queue = 65_536 }, OutputEndpoint.ParseAll(["rosbridge://b"])[0].Options);
    }

    [Theory]
    [InlineData("zenoh://router:7447", "zenoh:// cannot be published to: no library for Zenoh is available to this system; mqtt, mqtts, rosbridge, rosbridges, dds and none are known")]
    [InlineData("ws://host:9090", "the scheme 'ws' is not known; mqtt, mqtts, rosbridge, rosbridges, dds and none are")]
    [InlineData("rosbridge://host?qos=1", "the option 'qos' is not known; known are credentials, failAfter, keepAlive, maxMessageSize, onFailure, path, queue, topic")]
    [InlineData("mqtt://host?path=/x", "the option 'path' is not known; known are clientId, connection, credentials, failAfter, format, keepAlive, onFailure, properties, qos, queue, retain, topic")]
    [InlineData("rosbridge://user:secret@host", "credentials do not belong into the address: credentials=<name> names those that the worker has")]
    [InlineData("rosbridge://host/hall-3", "the prefix holds '-': names of ROS have letters, digits, '_' and '/' alone")]
    [InlineData("rosbridge://host/3rd", "the prefix has the part '3rd', and no part of a ROS name begins with a digit")]
    [InlineData("rosbridge://host/a//b", "the prefix holds an empty part between two slashes or at its end")]
    [InlineData("rosbridge://host?topic={simulation}/{agent}/{topic}", "the option 'topic' must be a ROS name of text, {simulation}, {agent}, {n} and {topic}, which it must hold; no part of it begins with a digit")]
    [InlineData("rosbridge://host?topic=/{agent}", "the option 'topic' must be a ROS name of text, {simulation}, {agent}, {n} and {topic}, which it must hold; no part of it begins with a digit")]
    [InlineData("rosbridge://host?path=ros", "the option 'path' must be the path of the server's WebSocket, such as /rosbridge")]
    [InlineData("rosbridge://host?path=/ros%3Ftoken=1", "the option 'path' must be the path of the server's WebSocket, such as /rosbridge")]
    [InlineData("rosbridge://host?maxMessageSize=10", "the option 'maxMessageSize' must be a number from 1024 to 1073741824")]
    public void What_cannot_be_meant_is_refused_with_the_reason(string text, string expected)
    {
        Assert.False(OutputEndpoint.TryParseList(text, out _, out var problem));
        Assert.Equal(expected, problem);
    }
}
