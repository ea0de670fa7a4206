import Image from "next/image";
import Link from "next/link";

export const dynamic = "force-static";

export default function Home() {
  return (
    <>
      <h1>FlowBot desk</h1>
      <Image src="/tree.png" alt="A tree" width={96} height={96} />
      <p>
        Everything here is answered by the legacy application. Start with the <Link href="/docs/start">docs</Link>.
      </p>
    </>
  );
}
