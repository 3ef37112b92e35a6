using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml.Linq;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.Hosting;

namespace SimulationManager.Tests.AspireLocal;

/// <summary>That code which compiles against the local engine also compiles against the official packages.</summary>
public sealed class PublicSurfaceTests
{
    private static readonly Assembly[] Engine =
    [
        typeof(DistributedApplication).Assembly,
        typeof(PostgresServerResource).Assembly,
        typeof(RedisResource).Assembly,
        typeof(MinioContainerResource).Assembly,
        typeof(DistributedApplicationTestingBuilder).Assembly,
        typeof(AspireEFPostgreSqlExtensions).Assembly,
        typeof(AspireRedisExtensions).Assembly,
        typeof(MinioClientBuilderExtensionMethods).Assembly,
    ];

    public static TheoryData<string> Assemblies => [.. Engine.Select(assembly => assembly.GetName().Name!)];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Every_public_extension_method_and_factory_has_a_signature_of_the_official_list(string assemblyName)
    {
        var official = ApiList.Read()[assemblyName].ToHashSet();

        var own = Listed(Engine.Single(assembly => assembly.GetName().Name == assemblyName)).Select(SignatureText.Of).Select(ApiList.Normalize).ToList();

        Assert.NotEmpty(own);
        Assert.Empty(own.Where(signature => !official.Contains(signature)));
    }

    [Fact]
    public void Official_list_was_read_whole()
    {
        var official = ApiList.Read();

        Assert.Equal(8, official.Count);
        Assert.True(official["Aspire.Hosting"].Count() > 70, "The list of Aspire.Hosting is longer than what was read of it.");
    }

    [Fact]
    public void Engine_shows_its_inside_only_to_itself_and_to_these_tests()
    {
        var allowed = Engine.Select(assembly => assembly.GetName().Name).Append("SimulationManager.Tests").ToHashSet();

        var friends = Engine.SelectMany(assembly => assembly.GetCustomAttributes<InternalsVisibleToAttribute>()).Select(friend => friend.AssemblyName);

        Assert.Empty(friends.Where(friend => !allowed.Contains(friend)));
    }

    [Fact]
    public void No_project_outside_the_engine_refers_to_it_but_by_package_shaped_references()
    {
        foreach (var project in ProjectsOutsideEngine())
        {
            var references = XDocument.Load(project).Descendants()
                .Where(element => element.Name.LocalName is "ProjectReference" or "PackageReference")
                .Where(element => !IsForLocalEngineOnly(element))
                .Select(element => element.Attribute("Include")?.Value ?? "");

            Assert.Empty(references.Where(reference =>
                reference.Contains("aspire-local", StringComparison.Ordinal)
                || reference.StartsWith("Aspire.", StringComparison.Ordinal)
                || reference.StartsWith("CommunityToolkit.Aspire.", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void No_source_outside_the_engine_asks_which_engine_it_runs_on()
    {
        var asking = ProjectsOutsideEngine()
            .SelectMany(project => Directory.EnumerateFiles(Path.GetDirectoryName(project)!, "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
                && !file.Contains($"{Path.DirectorySeparatorChar}AspireLocal{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Where(file => File.ReadLines(file).Any(line => line.TrimStart().StartsWith("#if", StringComparison.Ordinal)));

        Assert.Empty(asking);
    }

    private static IEnumerable<MethodInfo> Listed(Assembly assembly) => assembly.GetExportedTypes()
        .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly))
        .Where(method => SignatureText.IsExtension(method)
            || method.DeclaringType == typeof(DistributedApplicationTestingBuilder)
            || method.DeclaringType == typeof(DistributedApplication));

    private static IEnumerable<string> ProjectsOutsideEngine() => Directory.EnumerateFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories)
        .Where(project => !Path.GetRelativePath(Repository.Root, project).StartsWith("aspire-local", StringComparison.Ordinal));

    private static bool IsForLocalEngineOnly(XElement element) => element.AncestorsAndSelf()
        .Any(ancestor => ancestor.Attribute("Condition")?.Value == "'$(UseAspirePackages)' != 'true'");
}
