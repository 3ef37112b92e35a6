using System.Net;
using SimulationManager.Tests.Api.Coverage;
using static SimulationManager.Tests.Api.JsonShape;

namespace SimulationManager.Tests.Api;

/// <summary>Refresh tokens and the devices that hold them.</summary>
public class SessionTests(ApiFixture fixture)
{
    private async Task<(ApiClient First, ApiClient Second)> TwoDevicesAsync()
    {
        var api = await fixture.ApiAsync();
        var email = $"{Guid.NewGuid():N}@tests.example";
        return (await api.Client().SignedInAsync(email, "general"), await api.Client().SignInAsync(email));
    }

    [Fact]
    [Contract("auth/refresh", "auth/cookie")]
    public async Task Refresh_answers_a_working_token_and_extends_the_cookie()
    {
        using var user = await fixture.UserAsync();

        var answer = (await user.PostAsync("/api/auth/refresh")).Expect(HttpStatusCode.OK);

        Assert.Equal(Sorted("accessToken", "expiresAt"), FieldsOf(answer.Data));
        Assert.StartsWith(user.Cookie!, answer.SetCookie!, StringComparison.Ordinal);
        Assert.Contains("max-age=604800; path=/api", answer.SetCookie!, StringComparison.Ordinal);
        user.Token = (string)answer.Data["accessToken"]!;
        (await user.PostAsync("/api/auth/verify")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    [Contract("auth/refresh")]
    public async Task Refresh_needs_no_access_token_but_a_cookie()
    {
        using var user = await fixture.UserAsync();
        user.Token = null;

        (await user.PostAsync("/api/auth/refresh")).Expect(HttpStatusCode.OK);
        user.Cookie = null;
        (await user.PostAsync("/api/auth/refresh")).Expect(HttpStatusCode.Unauthorized);
        user.Cookie = "refresh_token=made-up";
        (await user.PostAsync("/api/auth/refresh")).Expect(HttpStatusCode.Unauthorized);
    }

    [Fact]
    [Contract("auth/logout", "today/logout-all")]
    public async Task Logout_kills_this_devices_refresh_token_clears_its_cookie_and_leaves_other_devices()
    {
        var (first, second) = await TwoDevicesAsync();
        using var _ = first;
        using var __ = second;

        var answer = (await first.PostAsync("/api/auth/logout")).Expect(HttpStatusCode.NoContent);

        Assert.Equal("refresh_token=; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/api; samesite=strict; httponly", answer.SetCookie);
        (await first.PostAsync("/api/auth/refresh")).Expect(HttpStatusCode.Unauthorized);
        (await second.PostAsync("/api/auth/refresh")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    [Contract("auth/logout")]
    public async Task Logout_needs_the_cookie_only()
    {
        using var user = await fixture.UserAsync();
        user.Token = null;

        (await user.PostAsync("/api/auth/logout")).Expect(HttpStatusCode.NoContent);
        user.Cookie = null;
        (await user.PostAsync("/api/auth/logout")).Expect(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [Contract("auth/logout")]
    [InlineData("refresh_token=made-up")]
    [InlineData("refresh_token=")]
    [InlineData("refresh_token=%00%ff")]
    [InlineData("refresh_token=\"no cookie, at all")]
    public async Task Logout_clears_a_cookie_that_is_no_token_of_ours(string cookie)
    {
        using var anyone = (await fixture.ApiAsync()).Client();
        anyone.Cookie = cookie;

        var answer = (await anyone.PostAsync("/api/auth/logout")).Expect(HttpStatusCode.NoContent);

        Assert.StartsWith("refresh_token=; expires=Thu, 01 Jan 1970", answer.SetCookie, StringComparison.Ordinal);
    }

    [Fact]
    [Contract("auth/sessions")]
    public async Task Sessions_lists_ones_devices_and_signs_one_of_them_out()
    {
        var (first, second) = await TwoDevicesAsync();
        using var _ = first;
        using var __ = second;
        var sessions = (await first.GetAsync("/api/auth/sessions")).Expect(HttpStatusCode.OK).Data.AsArray();
        Assert.Equal(2, sessions.Count);
        var other = sessions.Single(session => !(bool)session!["isCurrent"]!)!;

        (await first.DeleteAsync($"/api/auth/sessions/{(string)other["sessionId"]!}")).Expect(HttpStatusCode.OK);

        (await second.PostAsync("/api/auth/refresh")).Expect(HttpStatusCode.Unauthorized);
        (await first.PostAsync("/api/auth/refresh")).Expect(HttpStatusCode.OK);
        (await first.DeleteAsync($"/api/auth/sessions/{(string)other["sessionId"]!}")).Expect(HttpStatusCode.NotFound);
    }

    [Fact]
    [Contract("auth/sessions")]
    public async Task Nobody_signs_out_the_device_of_another()
    {
        using var mine = await fixture.UserAsync();
        using var theirs = await fixture.UserAsync();
        var session = (string)(await theirs.GetAsync("/api/auth/sessions")).Expect(HttpStatusCode.OK).Data[0]!["sessionId"]!;

        (await mine.DeleteAsync($"/api/auth/sessions/{session}")).Expect(HttpStatusCode.NotFound);

        (await theirs.PostAsync("/api/auth/refresh")).Expect(HttpStatusCode.OK);
    }
}
