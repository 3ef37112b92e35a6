using Microsoft.Extensions.Configuration;
using SimulationManager.Hosting.Kubernetes;
using SimulationManager.Hosting.Sites;

namespace SimulationManager.Tests.Hosting.Sites;

/// <summary>The section <c>Sites</c>: what is right is read, what is not says where and why.</summary>
public sealed class SiteSettingsTests
{
    [Fact]
    public void Everything_that_is_set_is_read()
    {
        var sites = Read("""
            {"Egress":[{"cidr":"10.20.0.0/16","ports":[8883,1883]},{"cidr":"2001:db8::/32","ports":[8883]}],
             "Dds":[{"cidr":"10.30.0.0/24","domains":[42,0]}],
             "Credentials":["plant-a","b2"],"Certificates":{"plant-a":["ca.crt","tls.crt","tls.key"],"c":["ca.crt"]}}
            """);

        Assert.Equal([("10.20.0.0/16", "8883 1883"), ("2001:db8::/32", "8883")], sites.Egress.Select(rule => (rule.Cidr, string.Join(' ', rule.Ports))));
        Assert.Equal([("10.30.0.0/24", "42 0")], sites.Dds.Select(network => (network.Cidr, string.Join(' ', network.Domains))));
        Assert.Equal(["plant-a", "b2"], sites.Credentials);
        Assert.Equal(["ca.crt"], sites.Certificates["c"]);
        Assert.Equal(["ca.crt", "tls.crt", "tls.key"], sites.Certificates["plant-a"]);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"Egress":[],"Dds":[],"Credentials":[],"Certificates":{}}""")]
    public void Without_settings_there_are_no_sites(string json)
    {
        var sites = Read(json);

        Assert.Empty(sites.Egress);
        Assert.Empty(sites.Dds);
        Assert.Empty(sites.Credentials);
        Assert.Empty(sites.Certificates);
    }

    [Theory]
    [InlineData("""{"Egres":[]}""", "'Sites:Egres' is not known; known are Egress, Dds, Credentials, Certificates")]
    [InlineData("""{"Egress":"10.0.0.0/8"}""", "'Sites:Egress' is '10.0.0.0/8', but must be a list of objects")]
    [InlineData("""{"Egress":[{"cidr":"10.20.0.0/16"}]}""", "'Sites:Egress:0' has no 'ports'")]
    [InlineData("""{"Egress":[{"cidr":"10.20.0.0/16","ports":[]}]}""", "'Sites:Egress:0' has no 'ports'")]
    [InlineData("""{"Egress":[{"cidr":"10.20.0.0/16","ports":8883}]}""", "'Sites:Egress:0:ports' is '8883', but must be a list")]
    [InlineData("""{"Egress":[{"ports":[8883]}]}""", "'Sites:Egress:0:cidr' is '', which is no network")]
    [InlineData("""{"Egress":[{"cidr":"broker.example.org","ports":[8883]}]}""", "'Sites:Egress:0:cidr' is 'broker.example.org', which is no network")]
    [InlineData("""{"Egress":[{"cidr":"10.20.0.0/33","ports":[8883]}]}""", "which is no network")]
    [InlineData("""{"Egress":[{"cidr":"10.20.0.0/16","ports":[8883]},{"cidr":"10.20.0.1","ports":[1883]}]}""", "'Sites:Egress:1:cidr' is '10.20.0.1', which is no network")]
    [InlineData("""{"Egress":[{"cidr":"10.20.0.1/16","ports":[8883]}]}""", "'Sites:Egress:0:cidr' is '10.20.0.1/16', which")]
    [InlineData("""{"Egress":[{"cidr":"10.20.0.0/16","ports":[0]}]}""", "'Sites:Egress:0:ports:0' is '0', which is no port")]
    [InlineData("""{"Egress":[{"cidr":"10.20.0.0/16","ports":[8883,65536]}]}""", "'Sites:Egress:0:ports:1' is '65536', which is no port")]
    [InlineData("""{"Egress":[{"cidr":"10.20.0.0/16","ports":["mqtts"]}]}""", "is 'mqtts', which is no port")]
    [InlineData("""{"Egress":[{"cidr":"10.20.0.0/16","ports":[8883,8883]}]}""", "has '8883' a second time")]
    [InlineData("""{"Egress":[{"cidr":"10.20.0.0/16","ports":[8883],"port":1883}]}""", "'Sites:Egress:0:port' is not known; known are cidr, ports")]
    [InlineData("""{"Dds":[{"cidr":"10.30.0.0/24"}]}""", "'Sites:Dds:0' has no 'domains', such as [42]")]
    [InlineData("""{"Dds":[{"cidr":"robot","domains":[1]}]}""", "'Sites:Dds:0:cidr' is 'robot', which is no network")]
    [InlineData("""{"Dds":[{"cidr":"10.30.0.0/24","domains":[233]}]}""", "'Sites:Dds:0:domains:0' is '233', which is no domain from 0 to 232")]
    [InlineData("""{"Dds":[{"cidr":"10.30.0.0/24","domains":[1],"ports":[7400]}]}""", "'Sites:Dds:0:ports' is not known; known are cidr, domains")]
    [InlineData("""{"Credentials":"plant-a"}""", "'Sites:Credentials' is 'plant-a', but must be a list")]
    [InlineData("""{"Credentials":["plant-a","plant-a"]}""", "'Sites:Credentials:1' has 'plant-a' a second time")]
    [InlineData("""{"Credentials":["Plant A"]}""", "'Sites:Credentials:0' is 'Plant A': a site's name begins with a letter")]
    [InlineData("""{"Credentials":["plant--a"]}""", "is 'plant--a'")]
    [InlineData("""{"Credentials":["../x"]}""", "is '../x'")]
    [InlineData("""{"Credentials":["a123456789012345678901234567890123456789-"]}""", "a site's name begins")]
    [InlineData("""{"Credentials":[{"name":"plant-a"}]}""", "'Sites:Credentials:0' is ''")]
    [InlineData("""{"Certificates":{"PLANT":["ca.crt"]}}""", "'Sites:Certificates:PLANT' is 'PLANT'")]
    [InlineData("""{"Certificates":{"plant-a":["ca.pem"]}}""", "'Sites:Certificates:plant-a:0' is 'ca.pem'; known are ca.crt, tls.crt, tls.key")]
    [InlineData("""{"Certificates":{"plant-a":["tls.key"]}}""", "'Sites:Certificates:plant-a' has only one of tls.crt and tls.key")]
    [InlineData("""{"Certificates":{"plant-a":{}}}""", "'Sites:Certificates:plant-a' names no file")]
    public void Setting_that_is_not_right_is_named_with_the_reason(string json, string reason) =>
        Assert.Contains(reason, Assert.Throws<GenerationException>(() => Read(json)).Message, StringComparison.Ordinal);

    internal static SiteSettings Read(string json)
    {
        using var text = new MemoryStream(System.Text.Encoding.UTF8.GetBytes($$"""{"Sites":{{json}}}"""));
        return SiteSettings.Read(new ConfigurationBuilder().AddJsonStream(text).Build());
    }
}
