using HermiTux.Memory;
namespace HermiTux.Tests.Cpu.Oracle;
internal static class PageStores { public static PageStore Create() => throw new NotImplementedException(); }
